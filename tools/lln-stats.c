/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-stats: measures how close attention is to log-normal, and its moments. */
#include <math.h>
#include <stddef.h>

#include "against_columns.h"
#include "bootstrap_columns.h"
#include "command.h"
#include "distribution.h"
#include "fenton_columns.h"
#include "fenton_table.h"
#include "heads/temperature.h"
#include "jackknife.h"
#include "measure/jackknife_lognormal.h"
#include "measure/lognormal.h"
#include "message.h"
#include "model.h"
#include "normality_table.h"
#include "options.h"
#include "stored.h"

static struct {
    size_t histogram, qq, bootstrap, thin;
    bool normality, per_feature, fenton;
    const char *s2;
} options = {.s2 = "0.25:25:100"};

enum { LARGEST_TABLE = 100000, LARGEST_STEP = 1000000000 };

static const cli_option option_table[] = {
    {"histogram", 0, CLI_COUNT, "BINS",
     "print a histogram of standardised ln P with BINS bins instead of the "
     "summary",
     &options.histogram, 1, LARGEST_TABLE, false},
    {"qq", 0, CLI_COUNT, "COUNT",
     "print COUNT quantiles of standardised ln P and of the normal "
     "distribution instead of the summary",
     &options.qq, 1, LARGEST_TABLE, false},
    {"normality", 0, CLI_FLAG, NULL,
     "instead of the summary, print how close the entries of Q and of K are to "
     "a normal distribution",
     &options.normality, 0, 0, false},
    {"thin", 0, CLI_COUNT, "K",
     "with --normality, test every K-th token (n / n_var of each feature, "
     "rounded up)",
     &options.thin, 1, LARGEST_STEP, false},
    {"per-feature", 0, CLI_FLAG, NULL,
     "with --normality, print one row for each feature of Q and of K",
     &options.per_feature, 0, 0, false},
    {"bootstrap", 0, CLI_COUNT, "B",
     "add the p-value of ks_distance: how many of at most B drawn heads with "
     "Gaussian queries and keys are as far from normal",
     &options.bootstrap, 1, LARGEST_TABLE, false},
    {"fenton", 0, CLI_FLAG, NULL,
     "print how accurate log-normal approximations are for --dim features; no "
     "head is measured",
     &options.fenton, 0, 0, false},
    {"s2", 0, CLI_LIST, "LIST",
     "with --fenton, values of s2 = (alpha sigma_q)^2 + (beta sigma_k)^2, in "
     "the form of --tau (0.25:25:100)",
     &options.s2, 0, 0, false},
    JACKKNIFE_OPTION,
    AGAINST_COLUMNS_OPTION,
    {0},
};

static const cli_tool tool = {
    .name = "lln-stats",
    .summary = "log-normal fit of attention matrices",
    .options = option_table,
    .shared = run_shared_options,
};

enum {
    PASS_MOMENTS = 1,
    PASS_FIT = 2,
    PASS_THEORY = 4,
    PASS_FENTON = 8,
    PASS_BOOTSTRAP = 16,
    PASS_TOKENS = 32
};

#define THEORY (PASS_THEORY | PASS_SIGMAS)

typedef struct {
    double sigma_q, sigma_k, cross_variance;
    lln_lognormal fit;
    double log_mean_theory, log_variance_theory, log_variance_row_theory;
    fenton_columns fenton;
    bootstrap_fields bootstrap;
    jackknife_record jackknife;
} summary_record;

#define SUMMARY(field, name, pass)                                             \
    RECORD_REAL(summary_record, field, name, COLUMNS_DEFAULT, pass)

static record_column summary_columns[] = {
    SUMMARY(sigma_q, "sigma_q", PASS_MOMENTS),
    SUMMARY(sigma_k, "sigma_k", PASS_MOMENTS),
    SUMMARY(cross_variance, "cross_variance", PASS_MOMENTS),
    SUMMARY(fit.mean, "log_mean", PASS_FIT),
    SUMMARY(fit.variance, "log_variance", PASS_FIT),
    SUMMARY(fit.variance_row, "log_variance_row", PASS_FIT),
    SUMMARY(log_mean_theory, "log_mean_theory", THEORY),
    SUMMARY(log_variance_theory, "log_variance_theory", THEORY),
    SUMMARY(log_variance_row_theory, "log_variance_row_theory", THEORY),
    SUMMARY(fit.skewness, "skewness", PASS_FIT),
    SUMMARY(fit.excess_kurtosis, "excess_kurtosis", PASS_FIT),
    SUMMARY(fit.fit.ks, "ks_distance", PASS_FIT),
    SUMMARY(fit.fit.wasserstein, "wasserstein", PASS_FIT),
    SUMMARY(fit.fit.qq, "qq_correlation", PASS_FIT),
    FENTON_COLUMNS(summary_record, fenton, PASS_FENTON | PASS_SIGMAS, PASS_FIT,
                   THEORY),
    BOOTSTRAP_COLUMNS(summary_record, bootstrap, PASS_BOOTSTRAP),
    JACKKNIFE_COLUMNS(summary_record, jackknife, PASS_FIT, PASS_TOKENS),
    {0},
};

static void fill_theory(const run_case *c, summary_record *out)
{
    lln_theory_softmax_values softmax;
    lln_theory_lln_values lln;
    if (model_softmax_by_sigmas(c, &softmax)) {
        out->log_mean_theory = softmax.log_mean;
        out->log_variance_theory = softmax.log_variance;
        out->log_variance_row_theory = softmax.log_variance_row;
    } else if (model_lln(c, &lln)) {
        if (lln_theory_lln_log_mean(c->head->k.rows, &lln,
                                    &out->log_mean_theory) != LLN_OK)
            out->log_mean_theory = NAN;
        out->log_variance_theory = lln.log_variance;
        out->log_variance_row_theory = lln.log_variance_row;
    }
}

/* The same with errors over groups of tokens. */
static lln_status fit_groups(const run_case *c, lln_attention *attention,
                             summary_record *out, summary_record *error)
{
    lln_lognormal_moments moments = {NAN, NAN, NAN, NAN, NAN};
    size_t groups = 0;
    lln_status status = lln_lognormal_jackknife(attention, jackknife_groups,
                                                &out->fit, &moments, &groups);
    out->jackknife.groups = (double)groups;
    error->fit.mean = moments.mean;
    error->fit.variance = moments.variance;
    error->fit.variance_row = moments.variance_row;
    error->fit.skewness = moments.skewness;
    error->fit.excess_kurtosis = moments.excess_kurtosis;
    jackknife_warn(c, status, out->fit.variance_row, moments.variance_row);
    return status;
}

/* Measures the fit of ln P; undefined values are NaN. */
static lln_status fill_fit(const run_case *c, summary_record *out,
                           summary_record *error)
{
    lln_attention attention;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status;
    if (jackknife_asked())
        status = fit_groups(c, &attention, out, error);
    else
        status = lln_lognormal_measure(&attention, c->rows, c->row_count,
                                       &out->fit, NULL);
    lln_attention_close(&attention);
    if (run_shared.rows > 0) {
        error->fit.mean = out->fit.mean_error;
        error->fit.variance_row = out->fit.variance_row_error;
    }
    return status;
}

static void fill_fenton(const run_case *c, summary_record *out)
{
    const fenton_known measured = {out->fit.mean, out->fit.variance,
                                   out->fit.variance_row};
    const fenton_known theory = {out->log_mean_theory, out->log_variance_theory,
                                 out->log_variance_row_theory};
    fenton_columns_fill(c, measured, theory, &out->fenton);
}

static lln_status measure_lognormal(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    summary_record *out = run_block_record(block, 0);
    summary_record *error = run_block_errors(block, 0);
    if ((c->passes & PASS_MOMENTS) && c->head->q.data)
        LLN_TRY(lln_temperature_moments(c->head, &out->sigma_q, &out->sigma_k,
                                        &out->cross_variance));
    if ((c->passes & PASS_MOMENTS) && jackknife_asked())
        LLN_TRY(jackknife_sigmas(c->head, &error->sigma_q, &error->sigma_k));
    if (c->passes & PASS_TOKENS)
        LLN_TRY(jackknife_n_var(c->head, &out->jackknife.n_var));
    if (c->passes & PASS_THEORY)
        fill_theory(c, out);
    lln_status status = LLN_OK;
    if (c->passes & PASS_FIT)
        status = fill_fit(c, out, error);
    if (c->passes & PASS_FENTON)
        fill_fenton(c, out);
    if (c->passes & PASS_BOOTSTRAP && status == LLN_OK)
        status = bootstrap_columns_fill(c, options.bootstrap, &out->bootstrap);
    return status;
}

/* Refuses two options that choose different tables. */
static void check_tables(void)
{
    static const char *const names[] = {"histogram", "qq",        "normality",
                                        "fenton",    "bootstrap", NULL};
    const char *first = cli_first_given(names);
    for (size_t i = 0; names[i]; i++)
        if (names[i] != first && cli_given(names[i]))
            cli_usage("--%s cannot be used with --%s", names[i], first);
}

int main(int argc, char **argv)
{
    command_parse(&tool, argc, argv);
    check_tables();
    if (cli_given("s2") && !options.fenton)
        cli_usage("--s2 needs --fenton");
    if (cli_given("thin") && !options.normality)
        cli_usage("--thin needs --normality");
    if (options.per_feature && !options.normality)
        cli_usage("--per-feature needs --normality");
    jackknife_show(summary_columns);
    jackknife_check();
    if (options.fenton)
        return fenton_table_write(options.s2);
    if (options.normality)
        return normality_table_write(options.thin, options.per_feature);
    if (options.bootstrap > 0)
        stored_refuse("--bootstrap");
    bootstrap_columns_choose(summary_columns, options.bootstrap > 0);
    normality_table_absent();
    fenton_table_absent();
    run_plan plan = {.name = "lln-stats",
                     .table = {summary_columns, sizeof(summary_record)},
                     .measure = measure_lognormal,
                     .leaves_out_tokens = jackknife_asked(),
                     .measures_sampled_rows = true,
                     .draws_heads = options.bootstrap > 0};
    if (options.histogram)
        plan = distribution_histogram(options.histogram);
    else if (options.qq)
        plan = distribution_quantiles(options.qq);
    return against_run(&plan);
}
