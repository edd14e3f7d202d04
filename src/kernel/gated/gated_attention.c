/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inputs of a gated recurrence, and the attention made of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "kernel/arrays.h"
#include "kernel/gated/gated.h"
#include "kernel/row_math.h"

lln_status lln_gated_alloc(size_t n, size_t rank, lln_gated *gated)
{
    *gated = (lln_gated){.n = n, .rank = rank};
    gated->left = lln_array_alloc(n * rank, sizeof(double));
    gated->right = lln_array_alloc(n * rank, sizeof(double));
    gated->gate = lln_array_alloc(n * rank, sizeof(double));
    if (gated->left && gated->right && gated->gate)
        return LLN_OK;
    lln_gated_free(gated);
    return LLN_ENOMEM;
}

void lln_gated_free(lln_gated *gated)
{
    free(gated->left);
    free(gated->right);
    free(gated->gate);
    free(gated->inverse);
    *gated = (lln_gated){0};
}

lln_status lln_gated_check(const lln_kernel_choice *choice,
                           const lln_head *head)
{
    if (head->q.rows == head->k.rows)
        return LLN_OK;
    return lln_fail(
        LLN_EINVAL,
        "kernel '%s': %zu queries and %zu keys; expected equal numbers",
        choice->text, head->q.rows, head->k.rows);
}

double lln_log_logistic(double x)
{
    return fmin(x, 0) - log1p(exp(-fabs(x)));
}

/* logistic(x)^(1/root), also where logistic(x) is 0 in float64 */
static double root_of_logistic(double x, double root)
{
    return root == 1 ? 1 / (1 + exp(-x)) : exp(lln_log_logistic(x) / root);
}

/* Copies one value of each row to all its columns. */
static void widen(double *out, size_t n, size_t columns)
{
    for (size_t i = n; i-- > 0;)
        for (size_t l = columns; l-- > 0;)
            out[i * columns + l] = out[i];
}

lln_status lln_gated_read(const lln_kernel_choice *choice, const char *name,
                          size_t n, size_t columns, double constant,
                          double *out)
{
    return lln_gated_read_root(choice, name, n, columns, constant, 1, out);
}

lln_status lln_gated_read_root(const lln_kernel_choice *choice,
                               const char *name, size_t n, size_t columns,
                               double constant, double root, double *out)
{
    lln_matrix given;
    LLN_TRY(lln_kernel_array_values(choice, name, &given));
    if (given.data)
        lln_matrix_convert(given, LLN_FLOAT64, out);
    if (given.data && given.rows * given.columns == n)
        widen(out, n, columns);
    for (size_t i = 0; i < n * columns; i++)
        out[i] = given.data ? root_of_logistic(out[i], root)
                            : pow(constant, 1 / root);
    return LLN_OK;
}

/* Row t of P, from the query backwards; w: scratch [rank]. */
static void make_row(const lln_gated *g, size_t t, double *w, double *out)
{
    size_t r = g->rank;
    double factor = g->inverse ? g->inverse[t] : 1;
    memset(out, 0, g->n * sizeof *out);
    for (size_t l = 0; l < r; l++)
        w[l] = factor * g->left[t * r + l];
    for (size_t s = t + 1; s-- > 0;) {
        out[s] = lln_row_dot(w, g->right + s * r, r);
        for (size_t l = 0; l < r; l++)
            w[l] *= g->gate[s * r + l];
    }
}

static lln_status rows_hook(const lln_attention *attention, size_t first,
                            size_t count, double *out)
{
    const lln_gated *g = attention->state;
    double *w = lln_array_alloc_raw(g->rank, sizeof *w);
    if (!w)
        return LLN_ENOMEM;
    for (size_t i = 0; i < count; i++)
        make_row(g, first + i, w, out + i * g->n);
    free(w);
    return LLN_OK;
}

static lln_status product_hook(const lln_attention *attention, lln_matrix x,
                               void *y)
{
    return lln_gated_product(attention->state, x, y);
}

static lln_status transposed_hook(const lln_attention *attention, lln_matrix x,
                                  void *y)
{
    return lln_gated_transposed(attention->state, x, y);
}

static lln_status diagonal_hook(const lln_attention *attention, double *out)
{
    const lln_gated *g = attention->state;
    for (size_t t = 0; t < g->n; t++)
        out[t] =
            (g->inverse ? g->inverse[t] : 1) *
            lln_row_dot(g->left + t * g->rank, g->right + t * g->rank, g->rank);
    return LLN_OK;
}

/* inverse = 1 / (P 1), or 0 where P 1 is 0. *all: it was 0 nowhere. */
static lln_status find_sums(lln_gated *gated, bool *all)
{
    size_t n = gated->n;
    double *sums = lln_array_alloc(2 * n, sizeof *sums);
    if (!sums)
        return LLN_ENOMEM;
    double *ones = sums + n;
    for (size_t i = 0; i < n; i++)
        ones[i] = 1;
    lln_status status =
        lln_gated_product(gated, (lln_matrix){LLN_FLOAT64, n, 1, ones}, sums);
    *all = true;
    for (size_t i = 0; i < n; i++) {
        *all = *all && sums[i] != 0;
        sums[i] = sums[i] != 0 ? 1 / sums[i] : 0;
    }
    gated->inverse = sums;
    return status;
}

static void close_hook(lln_attention *attention)
{
    lln_gated_free(attention->state);
    free(attention->state);
}

lln_status lln_gated_open(lln_gated *gated, lln_mask mask, bool normalise,
                          lln_attention *attention)
{
    bool stochastic = false;
    lln_status status = LLN_OK;
    if (normalise)
        status = find_sums(gated, &stochastic);
    lln_gated *state = malloc(sizeof *state);
    if (status == LLN_OK && !state)
        status = lln_fail(LLN_ENOMEM, "out of memory");
    if (status != LLN_OK) {
        lln_gated_free(gated);
        free(state);
        return status;
    }
    *state = *gated;
    *gated = (lln_gated){0};
    *attention = (lln_attention){
        .n = state->n,
        .m = state->n,
        .unnormalised = !stochastic,
        .mask = mask,
        .precision = LLN_FLOAT64,
        .kind = LLN_ATTENTION_ROWS,
        .rows.make = rows_hook,
        .product = product_hook,
        .transposed = transposed_hook,
        .diagonal = diagonal_hook,
        .state = state,
        .close = close_hook,
    };
    return LLN_OK;
}
