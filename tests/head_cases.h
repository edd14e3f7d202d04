/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads of any size with values of a fixed sequence, and dense matrices to
 * compare their attention with. */
#ifndef LLN_TESTS_HEAD_CASES_H
#define LLN_TESTS_HEAD_CASES_H

#include <string.h>

#include "core/memory.h"
#include "core/random.h"
#include "expect.h"
#include "heads/heads.h"
#include "kernel/table/table.h"

/* out [count]: normal values with that standard deviation (Box and Muller
 * 1958). */
static inline void draw_numbers(uint64_t seed, size_t count, double deviation,
                                double *out)
{
    for (size_t i = 0; i < count; i++) {
        double u = (double)(lln_random_number(seed, 2 * i) >> 11) * 0x1p-53;
        double v = (double)(lln_random_number(seed, 2 * i + 1) >> 11) * 0x1p-53;
        out[i] = deviation * sqrt(-2 * log(1 - u)) * cos(2 * M_PI * v);
    }
}

/* n queries and m keys of d normal values; release by lln_head_free. */
static inline lln_head drawn_head(size_t n, size_t m, size_t d,
                                  double deviation, bool causal)
{
    double *numbers = lln_array_alloc((n + m) * d, sizeof *numbers);
    draw_numbers(1000 * n + d, (n + m) * d, deviation, numbers);
    return (lln_head){
        .source = "drawn",
        .layer = -1,
        .head = -1,
        .q = {LLN_FLOAT64, n, d, numbers},
        .k = {LLN_FLOAT64, m, d, numbers + n * d},
        .rule.mask.causal = causal,
        .rule.scale = 1 / sqrt((double)d),
        .storage = numbers,
    };
}

/* Opens the kernel of that text on the head, with `count` arrays. */
static inline void open_kernel(const char *text, const lln_head *head,
                               const lln_kernel_array *arrays, size_t count,
                               lln_attention *attention)
{
    lln_kernel_choice choice;
    expect_ok(lln_kernel_parse(text, &choice));
    choice.arrays = arrays;
    choice.array_count = count;
    choice.seed = 5;
    expect_ok(lln_kernel_open(&choice, head, attention));
}

/* All of P [n x m]; release by free. */
static inline double *dense_rows(lln_attention *attention)
{
    double *p = lln_array_alloc(attention->n * attention->m, sizeof *p);
    expect_ok(lln_attention_prepare(attention));
    expect_ok(lln_attention_rows(attention, 0, attention->n, p));
    return p;
}

/* y [n x columns] = P x, or [m x columns] = P'x, by plain sums. */
static inline void dense_multiply(const double *p, size_t n, size_t m,
                                  bool transpose, const double *x,
                                  size_t columns, double *y)
{
    memset(y, 0, (transpose ? m : n) * columns * sizeof *y);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            for (size_t c = 0; c < columns; c++)
                if (transpose)
                    y[j * columns + c] += p[i * m + j] * x[i * columns + c];
                else
                    y[i * columns + c] += p[i * m + j] * x[j * columns + c];
}

/* Largest difference between entries, divided by the largest entry if that is
 * above 1. */
static inline double difference(const double *a, const double *b, size_t count)
{
    double worst = 0, top = 1;
    for (size_t i = 0; i < count; i++) {
        top = fmax(top, fabs(b[i]));
        worst = fmax(worst, fabs(a[i] - b[i]));
    }
    return worst / top;
}

#endif
