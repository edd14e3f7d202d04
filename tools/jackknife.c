/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jackknife.h"

#include <math.h>

#include "core/text.h"
#include "measure/effective.h"
#include "measure/jackknife_lognormal.h"
#include "message.h"
#include "options.h"
#include "stored.h"
#include "warnings.h"

size_t jackknife_groups = LLN_JACKKNIFE_GROUPS;

bool jackknife_asked(void)
{
    return cli_given("jackknife");
}

void jackknife_check(void)
{
    static const char *const others[] = {
        "per-row", "diagnose",  "by-position", "at-lengths", "histogram",
        "qq",      "normality", "fenton",      NULL};
    const char *other = cli_first_given(others);
    if (!jackknife_asked())
        return;
    if (other)
        cli_usage("--jackknife cannot be used with --%s", other);
    if (run_shared.rows > 0)
        cli_usage("--jackknife cannot be used with --rows: --rows has its own "
                  "standard errors, which describe the choice of rows; omit "
                  "one of the two options");
    if (run_shared.aggregate)
        cli_usage("--jackknife cannot be used with --aggregate: the standard "
                  "error of an average comes from the spread between heads");
    if (options_sampled() && !run_shared.each && run_shared.trials > 1)
        cli_usage("--jackknife needs --each or --trials 1 for sampled heads: "
                  "the standard error of an average comes from the spread "
                  "between trials");
    stored_refuse("--jackknife");
}

bool jackknife_has_pairs(const lln_kernel_choice *choice)
{
    const char *variant = choice->kernel->variant;
    return (choice->kernel->properties & LLN_KERNEL_PAIRS) &&
           !(variant && lln_kernel_given(choice, variant));
}

void jackknife_check_kernels(const kernel_list *kernels)
{
    char names[256] = "";
    for (size_t i = 0; lln_kernels[i]; i++)
        if (lln_kernels[i]->properties & LLN_KERNEL_PAIRS)
            lln_text_append(names, sizeof names, lln_kernels[i]->name);
    for (size_t i = 0; i < kernels->count; i++)
        if (!jackknife_has_pairs(&kernels->entries[i].choice))
            cli_usage("kernel '%s' does not support --jackknife; expected one "
                      "of %s",
                      kernels->entries[i].choice.text, names);
}

void jackknife_show(record_column *columns)
{
    if (jackknife_asked())
        COLUMNS_SHOW(columns, JACKKNIFE_GROUP);
}

void jackknife_warn(const run_case *c, lln_status status, double value,
                    double error)
{
    if (status == LLN_EUNDEFINED && !isnan(value) && isnan(error))
        warnings_add_failure(c->head, c->tau, "--jackknife: ");
}

lln_status jackknife_n_var(const lln_head *head, double *n_var)
{
    double of_keys;
    *n_var = NAN;
    if (!head->q.data)
        return LLN_OK;
    lln_status status = lln_effective_tokens(head->q, n_var);
    if (status == LLN_OK)
        status = lln_effective_tokens(head->k, &of_keys);
    if (status == LLN_EUNDEFINED) {
        *n_var = NAN;
        return LLN_OK;
    }
    if (status == LLN_OK)
        *n_var = fmin(*n_var, of_keys);
    return status;
}

lln_status jackknife_sigmas(const lln_head *head, double *sigma_q,
                            double *sigma_k)
{
    lln_jackknife groups;
    lln_status status = lln_jackknife_open_tokens(
        head->q.rows, head->k.rows, &head->rule, jackknife_groups, &groups);
    if (status == LLN_OK)
        status = lln_sigmas_jackknife(head, &groups, sigma_q, sigma_k);
    lln_jackknife_free(&groups);
    return status;
}
