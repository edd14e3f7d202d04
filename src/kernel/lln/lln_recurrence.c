/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Causal LLN attention for keys of any spread, as a recurrence. With norm_l(t)
 * = ln sum_{j <= t} exp(y_jl),
 *     left = softmax_l(x_tl + norm_l(t)),  right = exp(y_sl - norm_l(s)),
 *     gate = exp(norm_l(t - 1) - norm_l(t)).
 * All are between 0 and 1, and P is made of their products. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "kernel/gated/gated.h"
#include "kernel/lln/lln_internal.h"
#include "kernel/product_f64.h"
#include "kernel/row_math.h"

/* Sets row t of gate and right; norm [d] runs over the keys before t on entry,
 * and includes key t on return. */
static void add_key(const lln_state *state, size_t t, double *norm,
                    lln_gated *g)
{
    double *gate = g->gate + t * g->rank, *right = g->right + t * g->rank;
    for (size_t l = 0; l < g->rank; l++) {
        double y = state->beta * lln_matrix_get(state->k, t, l);
        double more = lln_log_add(norm[l], y);
        gate[l] = exp(norm[l] - more);
        right[l] = exp(y - more);
        norm[l] = more;
    }
}

/* Sets row t of left, for query i. */
static void add_query(const lln_state *state, size_t i, size_t t,
                      const double *norm, lln_gated *g)
{
    double *left = g->left + t * g->rank;
    for (size_t l = 0; l < g->rank; l++)
        left[l] = state->alpha * lln_matrix_get(state->q, i, l) + norm[l];
    lln_row_softmax(left, g->rank);
}

/* Called by the first product. */
static lln_status make_recurrence(const lln_attention *attention)
{
    lln_state *state = attention->state;
    size_t m = attention->m, d = attention->rank, skip = m - attention->n;
    if (state->recurrence)
        return LLN_OK;
    lln_gated *g = lln_array_alloc(1, sizeof *g);
    double *norm = lln_array_alloc(d, sizeof *norm);
    lln_status status = g && norm ? lln_gated_alloc(m, d, g) : LLN_ENOMEM;
    for (size_t l = 0; status == LLN_OK && l < d; l++)
        norm[l] = -INFINITY;
    for (size_t t = 0; status == LLN_OK && t < m; t++) {
        add_key(state, t, norm, g);
        if (t >= skip)
            add_query(state, t - skip, t, norm, g);
    }
    free(norm);
    if (status == LLN_OK)
        state->recurrence = g;
    else
        free(g);
    return status;
}

/* The recurrence has one row for each key; the last n belong to queries. */
static lln_status product_f64(const void *context, const double *x,
                              size_t columns, double *y)
{
    const lln_attention *attention = context;
    const lln_state *state = attention->state;
    size_t n = attention->n, m = attention->m;
    double *all = lln_array_alloc_raw(m * columns, sizeof *all);
    if (!all)
        return LLN_ENOMEM;
    lln_status status = lln_gated_product(
        state->recurrence, (lln_matrix){LLN_FLOAT64, m, columns, x}, all);
    memcpy(y, all + (m - n) * columns, n * columns * sizeof *y);
    free(all);
    return status;
}

static lln_status transposed_f64(const void *context, const double *x,
                                 size_t columns, double *y)
{
    const lln_attention *attention = context;
    const lln_state *state = attention->state;
    size_t n = attention->n, m = attention->m;
    double *all = lln_array_alloc(m * columns, sizeof *all);
    if (!all)
        return LLN_ENOMEM;
    memcpy(all + (m - n) * columns, x, n * columns * sizeof *x);
    lln_status status = lln_gated_transposed(
        state->recurrence, (lln_matrix){LLN_FLOAT64, m, columns, all}, y);
    free(all);
    return status;
}

static lln_status product(const lln_attention *attention, lln_matrix x, void *y)
{
    LLN_TRY(make_recurrence(attention));
    return lln_product_in_f64(product_f64, attention, x, attention->n, y);
}

static lln_status transposed(const lln_attention *attention, lln_matrix x,
                             void *y)
{
    LLN_TRY(make_recurrence(attention));
    return lln_product_in_f64(transposed_f64, attention, x, attention->m, y);
}

void lln_lln_set_recurrence(lln_attention *attention)
{
    attention->product = product;
    attention->transposed = transposed;
}

void lln_lln_free_recurrence(lln_state *state)
{
    if (state->recurrence)
        lln_gated_free(state->recurrence);
    free(state->recurrence);
}
