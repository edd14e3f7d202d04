/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bootstrap_columns.h"

#include <string.h>

#include "measure/bootstrap.h"
#include "options.h"

/* Draws as far from normal as the head, after which the p-value is known well
 * enough. */
enum { ENOUGH = 10 };

/* The columns by themselves, for messages. */
static const record_column alone[] = {
    BOOTSTRAP_REAL(bootstrap_fields, p, "ks_p_value", 0),
    BOOTSTRAP_REAL(bootstrap_fields, draws, "ks_draws", 0),
    BOOTSTRAP_REAL(bootstrap_fields, mean, "ks_null_mean", 0),
    BOOTSTRAP_REAL(bootstrap_fields, upper, "ks_null_95", 0),
    {0},
};

void bootstrap_columns_choose(record_column *columns, bool wanted)
{
    if (!wanted)
        columns_elsewhere(alone, "bootstrap");
    record_column *to = columns;
    for (; columns->name; columns++) {
        bool own = columns->group && strcmp(columns->group, "bootstrap") == 0;
        if (own && !wanted)
            continue;
        *to = *columns;
        if (own)
            to->group = COLUMNS_SHOWN("bootstrap");
        to++;
    }
    *to = *columns;
}

/* Alpha and beta of drawn heads are found as those of the head were. --plan
 * estimates the time without an early stop. */
lln_status bootstrap_columns_fill(const run_case *c, size_t draws,
                                  bootstrap_fields *out)
{
    lln_bootstrap result;
    const lln_bootstrap_plan plan = {.draws = draws,
                                     .enough = run_shared.plan ? 0 : ENOUGH,
                                     .seed = run_shared.seed,
                                     .adapt = c->match ? lln_match_adapt : NULL,
                                     .context = c->match};
    LLN_TRY(lln_bootstrap_measure(c->kernel, c->head, c->rows, c->row_count,
                                  &plan, &result));
    *out = (bootstrap_fields){result.p, (double)result.draws, result.mean,
                              result.upper};
    return LLN_OK;
}
