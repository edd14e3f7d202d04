/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softpick: the positive part of exp(s) - 1, divided by the sum of its absolute
 * values. Rows are computed in float64 from logits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "kernel/logits.h"
#include "kernel/parameters.h"
#include "kernel/row_math.h"

typedef struct {
    lln_logit_rule rule;
    double eps;
    double *q, *k; /* in float64, [n x d], [m x d] */
    size_t d;
} softpick;

/* x = exp(s - m) - exp(-m) of the logits x [count], m = max(0, max s). A key
 * that a bias hides has -inf and becomes 0. */
LLN_CLONES static void fill_differences(double *x, size_t count, double m)
{
    double shift = exp(-m);
#pragma omp simd
    for (size_t j = 0; j < count; j++)
        x[j] = x[j] == -INFINITY ? 0
               : fabs(x[j]) < 1  ? x[j] /* not yet */
                                 : lln_exp_f64(x[j] - m) - shift;
}

/* The logits s of `row` become weights. */
static void weigh(const softpick *state, double *row, size_t count,
                  double *small)
{
    double m = fmax(lln_row_max(row, count), 0), shift = exp(-m), sum = 0;
    memcpy(small, row, count * sizeof *row);
    fill_differences(row, count, m);
    for (size_t j = 0; j < count; j++) {
        if (fabs(small[j]) < 1) /* the difference would lose its digits */
            row[j] = expm1(small[j]) * shift;
        sum += fabs(row[j]);
        row[j] = fmax(row[j], 0);
    }
    sum += state->eps;
    for (size_t j = 0; j < count; j++)
        row[j] = sum > 0 ? row[j] / sum : 0;
}

/* Row i, out [m]; scratch: [m]. */
static void make_row(const lln_attention *attention, size_t i, double *scratch,
                     double *out)
{
    const softpick *state = attention->state;
    size_t n = attention->n, m = attention->m, d = state->d, first, end;
    lln_mask_keys(attention->mask, n, m, i, &first, &end);
    memset(out, 0, m * sizeof *out);
    lln_logits_rows(&state->rule, &(lln_logit_place){n, m, NULL, i, first},
                    state->q + i * d, 1, state->k + first * d, end - first, d,
                    m, out + first);
    weigh(state, out + first, end - first, scratch);
}

static lln_status rows_hook(const lln_attention *attention, size_t first,
                            size_t count, double *out)
{
    double *scratch = lln_array_alloc_raw(attention->m, sizeof *scratch);
    if (!scratch)
        return LLN_ENOMEM;
    for (size_t i = 0; i < count; i++)
        make_row(attention, first + i, scratch, out + i * attention->m);
    free(scratch);
    return LLN_OK;
}

static void close_hook(lln_attention *attention)
{
    softpick *state = attention->state;
    free(state->q);
    free(state);
}

static lln_status allocate(const lln_head *head, softpick **out)
{
    size_t n = head->q.rows, m = head->k.rows, d = head->q.columns;
    softpick *state = lln_array_alloc(1, sizeof *state);
    double *copy = lln_array_alloc_raw((n + m) * d, sizeof *copy);
    if (!state || !copy) {
        free(state);
        free(copy);
        return LLN_ENOMEM;
    }
    lln_matrix_convert(head->q, LLN_FLOAT64, copy);
    lln_matrix_convert(head->k, LLN_FLOAT64, copy + n * d);
    *state =
        (softpick){.rule = head->rule, .q = copy, .k = copy + n * d, .d = d};
    *out = state;
    return LLN_OK;
}

static lln_status softpick_open(const lln_kernel_choice *choice,
                                const lln_head *head, lln_attention *attention)
{
    softpick *state;
    double eps;
    LLN_TRY(lln_kernel_check_mask(choice, head));
    LLN_TRY(lln_kernel_real(choice, "eps", &eps));
    LLN_TRY(allocate(head, &state));
    state->eps = eps;
    *attention = (lln_attention){
        .n = head->q.rows,
        .m = head->k.rows,
        .mask = head->rule.mask,
        .unnormalised = true,
        .precision = LLN_FLOAT64,
        .kind = LLN_ATTENTION_ROWS,
        .rows = {.make = rows_hook, .outside = true},
        .state = state,
        .close = close_hook,
    };
    return LLN_OK;
}

const lln_kernel lln_kernel_softpick = {
    .name = "softpick",
    .summary = "max(exp(s) - 1, 0), divided by the sum of |exp(s) - 1|",
    .reference = "Zuhri, Fuadi, Aji 2025",
    .rank = "full",
    .properties = LLN_KERNEL_OUTSIDE,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS,
    .parameters = {{"eps",
                    "added to the sum, times exp(max(0, largest logit))",
                    "1e-8",
                    {0, 1}}},
    .open = softpick_open,
};
