/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention whose mass within a window is spread there by softmax. With the
 * sums N_i of the scores of LLN over the window of query i and F_i over its
 * other keys,
 *     P_ij = g N_i / (g N_i + F_i) softmax_ij  in the window,
 *     P_ij = A_ij / (g N_i + F_i)              elsewhere.
 * F_i is a sum of its own: as a difference it would lose its digits where the
 * window has nearly all of the mass. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "kernel/dense/local.h"
#include "kernel/lln/lln.h"
#include "kernel/lln/lln_window.h"
#include "kernel/product_f64.h"
#include "kernel/row_math.h"

/* Row i of P from that of LLN, p [m], and of the softmax, near [m]. */
static void join_row(const lln_window *s, size_t i, const double *near,
                     double *p)
{
    size_t first, end, m = s->lln.m;
    lln_window_run(s, i, &first, &end);
    double inside = s->factor * lln_row_sum(p + first, end - first);
    double total =
        inside + lln_row_sum(p, first) + lln_row_sum(p + end, m - end);
    for (size_t j = 0; j < m; j++)
        p[j] = (j < first || j >= end ? p[j] : inside * near[j]) / total;
}

static lln_status rows_hook(const lln_attention *attention, size_t first,
                            size_t count, double *out)
{
    const lln_window *s = attention->state;
    size_t m = attention->m;
    double *near = lln_array_alloc_raw(count * m, sizeof *near);
    lln_status status = near ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_attention_rows(&s->lln, first, count, out);
    if (status == LLN_OK)
        status = lln_attention_rows(&s->near, first, count, near);
    for (size_t i = 0; status == LLN_OK && i < count; i++)
        join_row(s, first + i, near + i * m, out + i * m);
    free(near);
    return status;
}

/* Fewer numbers take less time than waking a thread. */
static const size_t SHARED_NUMBERS = (size_t)1 << 18;

/* Row i of y = a_i y + b_i x; [n x columns]. a = NULL: 1. */
static void combine(lln_matrix x, const double *a, const double *b, void *y)
{
    size_t n = x.rows, columns = x.columns;
#pragma omp parallel for schedule(static) if (n * columns > SHARED_NUMBERS)
    for (size_t i = 0; i < n; i++) {
        double scale = a ? a[i] : 1, factor = b[i];
        if (x.precision == LLN_FLOAT32) {
            const float *from = (const float *)x.data + i * columns;
            float *to = (float *)y + i * columns;
            for (size_t l = 0; l < columns; l++)
                to[l] = (float)(scale * to[l] + factor * from[l]);
        } else {
            const double *from = (const double *)x.data + i * columns;
            double *to = (double *)y + i * columns;
            for (size_t l = 0; l < columns; l++)
                to[l] = scale * to[l] + factor * from[l];
        }
    }
}

/* y = P x by its parts; part: scratch like y. */
static lln_status add_parts(const lln_window *s, lln_matrix x, void *part,
                            void *y)
{
    lln_matrix far = {x.precision, s->lln.n, x.columns, part};
    size_t lag = s->reach + 1;
    LLN_TRY(s->near.product(&s->near, x, y));
    LLN_TRY(lln_lln_far_product(&s->lln, lag, false, x, part));
    combine(far, s->near_weight, s->far_weight, y);
    if (s->window.causal)
        return LLN_OK;
    LLN_TRY(lln_lln_far_product(&s->lln, lag, true, x, part));
    combine(far, NULL, s->far_weight, y);
    return LLN_OK;
}

static lln_status multiply(const lln_window *s, lln_matrix x, void *y)
{
    void *part = lln_array_alloc_raw(s->lln.n * x.columns,
                                     lln_precision_size(x.precision));
    lln_status status = part ? add_parts(s, x, part, y) : LLN_ENOMEM;
    free(part);
    return status;
}

static lln_status product_f64(const void *context, const double *x,
                              size_t columns, double *y)
{
    const lln_window *s = context;
    return multiply(s, (lln_matrix){LLN_FLOAT64, s->lln.m, columns, x}, y);
}

static lln_status product_hook(const lln_attention *attention, lln_matrix x,
                               void *y)
{
    lln_window *s = attention->state;
    const lln_state *lln = s->lln.state;
    LLN_TRY(lln_window_find_weights(s));
    if (x.precision == LLN_FLOAT32 && lln->spread <= LLN_SPREAD_F32)
        return multiply(s, x, y);
    return lln_product_in_f64(product_f64, s, x, attention->n, y);
}

static void scale_rows(const double *x, size_t n, size_t columns,
                       const double *factor, double *out)
{
    for (size_t i = 0; i < n; i++)
        for (size_t l = i * columns; l < (i + 1) * columns; l++)
            out[l] = factor[i] * x[l];
}

/* y = P'x by its parts; part: scratch [(n + m) x columns]. */
static lln_status add_transposed(const lln_window *s, const double *x,
                                 size_t columns, double *part, double *y)
{
    size_t n = s->lln.n, size = s->lln.m * columns;
    double *scaled = part + size;
    scale_rows(x, n, columns, s->near_weight, scaled);
    LLN_TRY(s->near.transposed(
        &s->near, (lln_matrix){LLN_FLOAT64, n, columns, scaled}, y));
    scale_rows(x, n, columns, s->far_weight, scaled);
    for (int after = 0; after < (s->window.causal ? 1 : 2); after++) {
        LLN_TRY(lln_lln_far_transposed(&s->lln, s->reach + 1, after, scaled,
                                       columns, part));
        cblas_daxpy((int)size, 1, part, 1, y, 1);
    }
    return LLN_OK;
}

static lln_status transposed_f64(const void *context, const double *x,
                                 size_t columns, double *y)
{
    const lln_window *s = context;
    double *part =
        lln_array_alloc_raw((s->lln.n + s->lln.m) * columns, sizeof *part);
    lln_status status =
        part ? add_transposed(s, x, columns, part, y) : LLN_ENOMEM;
    free(part);
    return status;
}

static lln_status transposed_hook(const lln_attention *attention, lln_matrix x,
                                  void *y)
{
    LLN_TRY(lln_window_find_weights(attention->state));
    return lln_product_in_f64(transposed_f64, attention->state, x, attention->m,
                              y);
}

static lln_status diagonal_hook(const lln_attention *attention, double *out)
{
    lln_window *s = attention->state;
    LLN_TRY(lln_window_find_weights(s));
    LLN_TRY(s->near.diagonal(&s->near, out));
    for (size_t i = 0; i < attention->n; i++)
        out[i] *= s->near_weight[i];
    return LLN_OK;
}

static lln_status prepare_hook(lln_attention *attention)
{
    lln_window *s = attention->state;
    LLN_TRY(lln_attention_prepare(&s->lln));
    return lln_attention_prepare(&s->near);
}

static void close_hook(lln_attention *attention)
{
    lln_window *s = attention->state;
    lln_attention_close(&s->lln);
    lln_attention_close(&s->near);
    free(s->near_weight);
    free(s);
}

/* Opens both parts; LLN in float64. */
static lln_status open_parts(const lln_kernel_choice *choice,
                             const lln_head *head, lln_window *s)
{
    lln_head narrow = *head;
    LLN_TRY(lln_kernel_real(choice, "factor", &s->factor));
    LLN_TRY(lln_kernel_count(choice, "reach", &s->reach));
    s->reach = lln_size_smaller(s->reach, head->k.rows - 1);
    narrow.rule.mask = s->window = lln_local_narrow(head->rule.mask, s->reach);
    LLN_TRY(lln_local_open(choice, &narrow, &s->near));
    LLN_TRY(lln_lln_open(choice, head, &s->lln));
    s->lln.precision = s->lln.tiles.left.precision =
        s->lln.tiles.right.precision = LLN_FLOAT64;
    return LLN_OK;
}

static void fill_in(const lln_head *head, lln_window *s,
                    lln_attention *attention)
{
    lln_mask mask = head->rule.mask;
    *attention = (lln_attention){
        .n = head->q.rows,
        .m = head->k.rows,
        .mask = mask,
        .precision = LLN_FLOAT64,
        .kind = LLN_ATTENTION_ROWS,
        .rows.make = rows_hook,
        .prepare = prepare_hook,
        .state = s,
        .close = close_hook,
    };
    /* Other masks, and scores that only logarithms can represent, take n x m
     * work. */
    bool plain = lln_mask_is_causal_alone(mask) ||
                 (!lln_mask_hides(mask) && !mask.causal && !mask.top);
    if (!plain || s->lln.tiles.domain != LLN_DOMAIN_LINEAR)
        return;
    attention->product = product_hook;
    attention->transposed = transposed_hook;
    if (mask.causal)
        attention->diagonal = diagonal_hook;
}

static lln_status lln_window_open(const lln_kernel_choice *choice,
                                  const lln_head *head,
                                  lln_attention *attention)
{
    lln_window *s = lln_array_alloc(1, sizeof *s);
    if (!s)
        return LLN_ENOMEM;
    lln_status status = open_parts(choice, head, s);
    if (status == LLN_OK) {
        fill_in(head, s, attention);
        return LLN_OK;
    }
    lln_attention_close(&s->lln);
    lln_attention_close(&s->near);
    free(s);
    return status;
}

const lln_kernel lln_kernel_lln_window = {
    .name = "lln+window",
    .summary = "lln whose mass within a window is spread there by softmax",
    .reference = "after Nahshan, Kampeas, Haleva 2024",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE,
    .takes_alpha_beta = true,
    .parameters =
        {{"alpha", "multiplies the queries", NULL, {-INFINITY, INFINITY}},
         {"beta", "multiplies the keys", NULL, {-INFINITY, INFINITY}},
         {"match", LLN_LLN_MATCH_SUMMARY, "measured", .words = lln_lln_matches},
         {"scales",
          "match uses the standard deviations of each head, or of each layer",
          "head", .words = lln_lln_scales},
         {"reach",
          "keys on each side, or before the query if causal",
          "64",
          {0, LLN_MOST_TOKENS, true}},
         {"factor", "multiplies the mass of the window", "1", {1e-6, 1e6}}},
    .open = lln_window_open,
};
