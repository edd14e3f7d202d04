/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/probe.h"

#include <math.h>

#include "kernel/table/table.h"
#include "match/lln_side.h"
#include "match/strata.h"

/* How far a row is from uniform: 0 if it has one key, NaN if it has none. */
static double row_deficit(const lln_row *row)
{
    return row->keys > 0 ? log((double)row->keys) - row->entropy : NAN;
}

/* In small s, ln(keys) - entropy is D2 / 2; on Gaussian heads at tau = 1 and
 * 0.5, the ratio is 1.1 to 1.2. */
const lln_probe_quantity lln_probe_variance = {
    "within-row log-variance", LLN_ROW_MOMENTS | LLN_ROW_ENTROPY,
    lln_row_variance, 1};
const lln_probe_quantity lln_probe_deficit = {
    "ln(keys) - entropy", LLN_ROW_ENTROPY, row_deficit, 1.15};

void lln_probe_mean(const lln_probe *p, double *mean)
{
    double error;
    lln_rows_mean(p->measured, p->count, p->head->q.rows, p->of->value, mean,
                  &error);
    *mean = fmax(*mean, 0);
}

lln_status lln_probe_measure(const lln_probe *p,
                             const lln_kernel_choice *kernel, double *mean)
{
    lln_attention attention = {0};
    LLN_TRY(lln_kernel_open(kernel, p->head, &attention));
    unsigned what =
        p->problem->options->estimate ? p->of->what : lln_probe_variance.what;
    lln_status status =
        lln_rows_measure(&attention, p->queries, p->count, what, p->measured);
    lln_attention_close(&attention);
    if (status == LLN_OK)
        lln_probe_mean(p, mean);
    return status;
}

static double row_entropy(const lln_row *row)
{
    return row->entropy;
}

static void remember(lln_probe *p, double s)
{
    double error;
    lln_probe_evaluation *e = &p->last[p->evaluated++ % LLN_PROBE_REMEMBERED];
    e->s = s;
    lln_rows_mean(p->measured, p->count, p->count, lln_row_variance,
                  &e->variance, &error);
    lln_rows_mean(p->measured, p->count, p->count, row_entropy, &e->entropy,
                  &error);
}

lln_status lln_probe_value(void *context, double s, double *value)
{
    lln_probe *p = context;
    lln_kernel_choice choice;
    LLN_TRY(lln_side_kernel(p->problem, s, &choice));
    LLN_TRY(lln_probe_measure(p, &choice, value));
    if (!p->queries)
        remember(p, s);
    return LLN_OK;
}

lln_status lln_probe_use_some(lln_probe *p, double s, size_t count)
{
    const lln_match_problem *problem = p->problem;
    p->count = count;
    return lln_strata_choose(p->head,
                             problem->options->balance * s / problem->sigma_q,
                             s / problem->sigma_k, count, p->queries);
}

size_t *lln_probe_use_all(lln_probe *p)
{
    size_t *queries = p->queries;
    p->count = p->head->q.rows;
    p->queries = NULL;
    return queries;
}

void lln_probe_recall(const lln_probe *p, double s, lln_match *match)
{
    for (size_t i = 0; i < LLN_PROBE_REMEMBERED; i++)
        if (p->last[i].s == s) {
            match->variance = p->last[i].variance;
            match->entropy = p->last[i].entropy;
        }
}
