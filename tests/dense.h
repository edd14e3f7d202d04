/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads with masks, and one check of everything that an attention offers
 * against a dense matrix that the test computed in its own, slow way. */
#ifndef LLN_TESTS_DENSE_H
#define LLN_TESTS_DENSE_H

#include <stdio.h>
#include <string.h>

#include "core/threads.h"
#include "head_cases.h"
#include "kernel/product.h"

/* Documents of 2, 1 and 3 tokens. */
static const size_t SIX_FIRST[] = {0, 0, 2, 3, 3, 3},
                    SIX_END[] = {2, 2, 3, 6, 6, 6};
static const lln_documents SIX_TOKENS = {6, SIX_FIRST, SIX_END};

/* Queries [n x d] and keys [m x d] with standard deviation sigma; release by
 * lln_head_free. In float32 they are rounded: compare with their rounded
 * values. */
static inline lln_head dense_head(size_t n, size_t m, size_t d, double sigma,
                                  lln_mask mask, lln_precision precision)
{
    size_t size = (n + m) * d, bytes = lln_precision_size(precision);
    double *values = lln_array_alloc(size, sizeof *values);
    char *storage = lln_array_alloc(size, bytes);
    draw_numbers(n + 7 * m + d, size, sigma, values);
    lln_matrix_convert((lln_matrix){LLN_FLOAT64, n + m, d, values}, precision,
                       storage);
    free(values);
    return (lln_head){
        .source = "dense",
        .layer = -1,
        .head = -1,
        .q = {precision, n, d, storage},
        .k = {precision, m, d, storage + n * d * bytes},
        .rule.mask = mask,
        .rule.scale = 1 / sqrt((double)d),
        .storage = storage,
    };
}

/* The message with which a kernel refuses a head. */
static inline void expect_refusal(const char *text,
                                  const lln_kernel_array *arrays, size_t count,
                                  const lln_head *head, const char *message)
{
    lln_kernel_choice choice;
    lln_attention attention;
    expect_ok(lln_kernel_parse(text, &choice));
    choice.arrays = arrays;
    choice.array_count = count;
    expect_status(lln_kernel_open(&choice, head, &attention), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), message);
}

/* Logits scale q.k of a head. */
static inline double dense_logit(const lln_head *head, size_t i, size_t j)
{
    double sum = 0;
    for (size_t l = 0; l < head->q.columns; l++)
        sum += lln_matrix_get(head->q, i, l) * lln_matrix_get(head->k, j, l);
    return head->rule.scale * sum;
}

/* Whether the mask of the head allows the pair. */
static inline bool dense_allowed(const lln_head *head, size_t i, size_t j)
{
    size_t first, end;
    lln_mask_keys(head->rule.mask, head->q.rows, head->k.rows, i, &first, &end);
    return j >= first && j < end;
}

/* LLN attention by logs, ln A_ij = ln sum_l exp(alpha q_il + beta k_jl);
 * release by free. */
static inline double *dense_lln(const lln_head *head, double alpha, double beta)
{
    size_t n = head->q.rows, m = head->k.rows, d = head->q.columns;
    double *p = lln_array_alloc(n * m, sizeof *p);
    for (size_t i = 0; i < n; i++) {
        double top = -INFINITY, sum = 0;
        for (size_t j = 0; j < m; j++) {
            double largest = -INFINITY, score = 0;
            for (size_t l = 0; l < d; l++)
                largest =
                    fmax(largest, alpha * lln_matrix_get(head->q, i, l) +
                                      beta * lln_matrix_get(head->k, j, l));
            for (size_t l = 0; l < d; l++)
                score += exp(alpha * lln_matrix_get(head->q, i, l) +
                             beta * lln_matrix_get(head->k, j, l) - largest);
            p[i * m + j] =
                dense_allowed(head, i, j) ? largest + log(score) : -INFINITY;
            top = fmax(top, p[i * m + j]);
        }
        for (size_t j = 0; j < m; j++)
            sum += p[i * m + j] = exp(p[i * m + j] - top);
        for (size_t j = 0; j < m; j++)
            p[i * m + j] /= sum;
    }
    return p;
}

/* Softmax attention within the mask of the head; release by free. */
static inline double *dense_softmax(const lln_head *head)
{
    size_t n = head->q.rows, m = head->k.rows;
    double *p = lln_array_alloc(n * m, sizeof *p);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < m; j++)
            if (dense_allowed(head, i, j))
                sum += p[i * m + j] = exp(dense_logit(head, i, j));
        for (size_t j = 0; j < m; j++)
            p[i * m + j] /= sum;
    }
    return p;
}

/* Masses of LLN at most `reach` tokens from a query, times the factor, spread
 * by softmax; release by free. */
static inline double *dense_lln_window(const lln_head *head, double alpha,
                                       double beta, size_t reach, double factor)
{
    size_t n = head->q.rows, m = head->k.rows;
    lln_head narrow = *head;
    narrow.rule.mask.window = reach + 1;
    double *p = dense_lln(head, alpha, beta), *near = dense_softmax(&narrow);
    for (size_t i = 0; i < n; i++) {
        double inside = 0, outside = 0;
        for (size_t j = 0; j < m; j++)
            if (dense_allowed(&narrow, i, j))
                inside += factor * p[i * m + j];
            else
                outside += p[i * m + j];
        for (size_t j = 0; j < m; j++)
            p[i * m + j] = dense_allowed(&narrow, i, j)
                               ? inside * near[i * m + j] / (inside + outside)
                               : p[i * m + j] / (inside + outside);
    }
    free(near);
    return p;
}

/* All entries of actual [rows x columns] are within `tolerance` of wanted.
 * Only the largest error is asserted: Check takes a microsecond for each
 * assertion. */
static inline void expect_all(lln_matrix actual, const double *wanted,
                              double tolerance)
{
    size_t count = actual.rows * actual.columns, worst = 0;
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        double error = fabs(
            lln_matrix_get(actual, i / actual.columns, i % actual.columns) -
            wanted[i]);
        if (!(error <= most) && !isnan(most)) { /* NaN is the largest error */
            most = error;
            worst = i;
        }
    }
    size_t i = worst / actual.columns, j = worst % actual.columns;
    ck_assert_msg(most <= tolerance,
                  "(%zu, %zu) of %zu x %zu: %.17g, expected %.17g", i, j,
                  actual.rows, actual.columns, lln_matrix_get(actual, i, j),
                  wanted[worst]);
}

typedef lln_status dense_hook(const lln_attention *attention, lln_matrix x,
                              void *y);

/* A product against sums over P, in one precision. Tolerances are relative to
 * the largest entry. */
static inline void expect_product(const lln_attention *attention,
                                  dense_hook *hook, bool transpose,
                                  const double *p, lln_precision precision,
                                  double tolerance)
{
    size_t n = attention->n, m = attention->m, c = 3;
    size_t from = transpose ? n : m, to = transpose ? m : n;
    double *x = lln_array_alloc(2 * (from + to) * c, sizeof *x);
    double *wanted = x + from * c, *rounded = wanted + to * c;
    void *y = lln_array_alloc(to * c, sizeof(double));
    double largest = 0;
    draw_numbers(5, from * c, 1, x);
    lln_matrix_convert((lln_matrix){LLN_FLOAT64, from, c, x}, precision,
                       rounded);
    lln_matrix in = {precision, from, c, rounded}, out = {precision, to, c, y};
    for (size_t i = 0; i < from * c; i++)
        x[i] = lln_matrix_get(in, i / c, i % c);
    dense_multiply(p, n, m, transpose, x, c, wanted);
    for (size_t i = 0; i < to * c; i++)
        largest = fmax(largest, fabs(wanted[i]));
    expect_ok(hook(attention, in, y));
    expect_all(out, wanted, tolerance * largest);
    free(x);
    free(y);
}

static inline void expect_norm(const lln_attention *attention, const double *p,
                               double tolerance)
{
    size_t n = attention->n, m = attention->m;
    double *mean = lln_array_alloc(m, sizeof *mean), square = 0, norm;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            mean[j] += p[i * m + j] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            square += (p[i * m + j] - mean[j]) * (p[i * m + j] - mean[j]);
    expect_ok(attention->unbiased_norm(attention, mean, &norm));
    expect_absolute(norm * norm, square, 10 * tolerance * fmax(1, square));
    free(mean);
}

/* Everything that the attention offers against P [n x m]: rows, products in
 * both precisions, diagonal, norm. `single` is the tolerance of float32
 * products. */
static inline void expect_dense(lln_attention *attention, const double *p,
                                double tolerance, double single)
{
    size_t n = attention->n, m = attention->m;
    double *out = lln_array_alloc(n * m, sizeof *out);
    expect_ok(lln_attention_prepare(attention));
    expect_ok(lln_attention_rows(attention, 0, n, out));
    expect_all((lln_matrix){LLN_FLOAT64, n, m, out}, p, tolerance);
    expect_product(attention, lln_attention_product, false, p, LLN_FLOAT64,
                   tolerance);
    expect_product(attention, lln_attention_product, false, p, LLN_FLOAT32,
                   single);
    if (attention->transposed) {
        expect_product(attention, attention->transposed, true, p, LLN_FLOAT64,
                       tolerance);
        expect_product(attention, attention->transposed, true, p, LLN_FLOAT32,
                       single);
    }
    if (attention->diagonal && n == m) {
        expect_ok(attention->diagonal(attention, out));
        for (size_t i = 0; i < n; i++)
            expect_absolute(out[i], p[i * m + i], tolerance);
    }
    if (attention->unbiased_norm)
        expect_norm(attention, p, tolerance);
    free(out);
}

/* Products are the same, bit for bit, with one thread and with two; x [n x
 * columns], with as many queries as keys. */
static inline void expect_any_threads(const lln_attention *attention,
                                      lln_matrix x)
{
    size_t bytes = x.rows * x.columns * lln_precision_size(x.precision);
    char *y = lln_array_alloc(4 * bytes, 1);
    for (int threads = 1; threads <= 2; threads++) {
        char *to = y + (size_t)(threads - 1) * 2 * bytes;
        lln_threads_set(threads);
        expect_ok(attention->product(attention, x, to));
        expect_ok(attention->transposed(attention, x, to + bytes));
    }
    ck_assert_mem_eq(y, y + 2 * bytes, 2 * bytes);
    free(y);
}

/* A request to stop ends the products of the attention or, with `opening`, its
 * opening; with as many queries as keys. */
static inline void expect_interrupted(const char *text, const lln_head *head,
                                      bool opening)
{
    size_t count = head->k.rows * head->k.columns;
    double *y = lln_array_alloc(count, sizeof *y);
    lln_kernel_choice choice;
    lln_attention attention;
    expect_ok(lln_kernel_parse(text, &choice));
    lln_stop_requested = opening;
    expect_status(lln_kernel_open(&choice, head, &attention),
                  opening ? LLN_EINTERRUPTED : LLN_OK);
    ck_assert(!opening || strcmp(lln_error_message(), "interrupted") == 0);
    lln_stop_requested = 1;
    if (!opening) {
        expect_status(attention.product(&attention, head->k, y),
                      LLN_EINTERRUPTED);
        expect_status(attention.transposed(&attention, head->k, y),
                      LLN_EINTERRUPTED);
        lln_attention_close(&attention);
    }
    lln_stop_requested = 0;
    free(y);
}

#endif
