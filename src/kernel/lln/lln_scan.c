/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Properties of all queries and keys that LLN attention needs before it
 * starts. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "kernel/lln/lln_internal.h"

/* Rows are scanned in groups. Threads process groups; the results are combined
 * in order. */
enum { GROUPS = 64 };

static lln_matrix group_of(lln_matrix a, size_t group)
{
    size_t first = a.rows * group / GROUPS;
    return lln_matrix_rows(a, first, a.rows * (group + 1) / GROUPS - first);
}

#define LLN_BODY "kernel/lln/lln_scan.inc"
#include "core/both_precisions.h"

static void group_extremes(lln_matrix rows, double factor, double *low,
                           double *top)
{
    for (size_t l = 0; l < rows.columns; l++) {
        low[l] = INFINITY;
        top[l] = -INFINITY;
    }
    if (rows.rows == 0)
        return;
    if (rows.precision == LLN_FLOAT32)
        extremes_f32(rows, factor, low, top);
    else
        extremes_f64(rows, factor, low, top);
}

/* Column minima and maxima of factor a; low and top [d]. */
static lln_status find_extremes(lln_matrix a, double factor, double *low,
                                double *top)
{
    size_t d = a.columns;
    if (!lln_lln_worth_threads(a)) {
        group_extremes(a, factor, low, top);
        return LLN_OK;
    }
    double *part = lln_array_alloc_raw(2 * GROUPS * d, sizeof *part);
    if (!part)
        return LLN_ENOMEM;
#pragma omp parallel for schedule(static)
    for (size_t g = 0; g < GROUPS; g++)
        group_extremes(group_of(a, g), factor, part + 2 * g * d,
                       part + (2 * g + 1) * d);
    for (size_t g = 0; g < GROUPS; g++)
        for (size_t l = 0; l < d; l++) {
            double down = part[2 * g * d + l], up = part[(2 * g + 1) * d + l];
            low[l] = g == 0 || down < low[l] ? down : low[l];
            top[l] = g == 0 || up > top[l] ? up : top[l];
        }
    free(part);
    return LLN_OK;
}

/* Computes norm from top. */
static void sum_keys(lln_state *state)
{
    size_t d = state->k.columns;
    for (size_t l = 0; l < d; l++)
        state->norm[l] = 0;
    for (size_t g = 0; g < GROUPS; g++) {
        double *part = state->part;
        for (size_t l = 0; l < d; l++)
            part[l] = 0;
        if (state->k.precision == LLN_FLOAT32)
            add_exp_f32(group_of(state->k, g), state->beta, state->top, part);
        else
            add_exp_f64(group_of(state->k, g), state->beta, state->top, part);
        for (size_t l = 0; l < d; l++)
            state->norm[l] += part[l];
    }
    for (size_t l = 0; l < d; l++)
        state->norm[l] = state->top[l] + log(state->norm[l]);
}

const double *lln_lln_norm(const lln_attention *attention)
{
    lln_state *state = attention->state;
#pragma omp critical(lln_lln_norm)
    if (!state->has_norm) {
        sum_keys(state);
        state->has_norm = true;
    }
    return state->norm;
}

lln_status lln_lln_scan(lln_state *state, const char *name)
{
    double *low = state->norm, *top = state->top, x = 0, y = 0;
    LLN_TRY(find_extremes(state->q, state->alpha, low, top));
    for (size_t l = 0; l < state->q.columns; l++) {
        x = fmax(x, fmax(-low[l], top[l]));
        state->query_spread = fmax(state->query_spread, top[l] - low[l]);
    }
    LLN_TRY(find_extremes(state->k, state->beta, low, top));
    for (size_t l = 0; l < state->k.columns; l++) {
        y = fmax(y, fmax(-low[l], top[l]));
        state->spread = fmax(state->spread, top[l] - low[l]);
    }
    if (!(x + y < 1e300))
        return lln_fail(
            LLN_EINVAL,
            "kernel '%s': alpha %g, beta %g: alpha q and beta k reach "
            "%g and %g; expected less than 1e300",
            name, state->alpha, state->beta, x, y);
    return LLN_OK;
}
