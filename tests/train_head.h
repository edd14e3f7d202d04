/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One head of attention with gradients, with memory of its own. */
#ifndef LLN_TESTS_TRAIN_HEAD_H
#define LLN_TESTS_TRAIN_HEAD_H

#include "core/threads.h"
#include "head_cases.h"
#include "kernel/product.h"
#include "train/attention.h"

/* Rows of values: q | k | v | 2 unused; of gradients the same; of output: out |
 * 1 unused. */
typedef struct {
    lln_train_attention attention;
    lln_train_constants constants;
    lln_train_extent extent;
    void *values, *gradients, *out, *dout, *kept, *scratch;
    double dmixture;
} train_head;

static inline double train_get(const train_head *h, const void *x, size_t at)
{
    return lln_matrix_get((lln_matrix){h->extent.precision, 1, 1, x}, 0, at);
}

/* Element (i, l) of part 0: q, 1: k, 2: v, of values or gradients. */
static inline size_t train_index(const train_head *h, size_t part, size_t i,
                                 size_t l)
{
    return i * h->extent.stride + part * h->extent.size + l;
}

/* Values are rounded to float32 in both precisions. All arrays that passes
 * write contain NaN, also kept and scratch. */
static inline train_head train_open(const char *text, size_t n, size_t d,
                                    double sigma, bool causal,
                                    lln_precision precision)
{
    train_head h = {.extent = {precision, n, d, 3 * d + 2, d + 1, causal}};
    expect_ok(lln_train_attention_parse(text, &h.attention));
    expect_ok(lln_train_constants_set(&h.attention, &h.extent, sigma, sigma,
                                      &h.constants));
    h.constants.mixture = h.attention.mixture;
    const lln_train_kernel *kernel = h.attention.kernel;
    size_t count = n * h.extent.stride, outs = n * h.extent.out_stride;
    size_t kept = kernel->kept(&h.attention, &h.extent);
    size_t scratch = kernel->scratch(&h.attention, &h.extent);
    size_t size = lln_precision_size(precision);
    double *drawn = lln_array_alloc(count + outs, sizeof *drawn);
    draw_numbers(n + 31 * d, count, sigma, drawn);
    draw_numbers(n + 37 * d, outs, 1, drawn + count);
    h.values = lln_array_alloc(count, size);
    h.gradients = lln_array_alloc(count, size);
    h.out = lln_array_alloc(outs, size);
    h.dout = lln_array_alloc(outs, size);
    h.kept = lln_array_alloc(kept, size);
    h.scratch = lln_array_alloc(scratch, size);
    for (size_t i = 0; i < count; i++) {
        lln_precision_set(precision, h.values, i, (float)drawn[i]);
        lln_precision_set(precision, h.gradients, i, NAN);
    }
    for (size_t i = 0; i < outs; i++) {
        lln_precision_set(precision, h.dout, i, (float)drawn[count + i]);
        lln_precision_set(precision, h.out, i, NAN);
    }
    for (size_t i = 0; i < kept; i++)
        lln_precision_set(precision, h.kept, i, NAN);
    for (size_t i = 0; i < scratch; i++)
        lln_precision_set(precision, h.scratch, i, NAN);
    free(drawn);
    return h;
}

static inline void train_close(train_head *h)
{
    free(h->values);
    free(h->gradients);
    free(h->out);
    free(h->dout);
    free(h->kept);
    free(h->scratch);
}

static inline void train_forward(train_head *h)
{
    size_t d = h->extent.size;
    h->attention.kernel->forward(
        &h->attention, &h->extent, &h->constants, h->values,
        lln_precision_at(h->extent.precision, h->values, d),
        lln_precision_at(h->extent.precision, h->values, 2 * d), h->out,
        h->kept, h->scratch);
}

static inline void train_backward(train_head *h)
{
    size_t d = h->extent.size;
    h->attention.kernel->backward(
        &h->attention, &h->extent, &h->constants, h->values,
        lln_precision_at(h->extent.precision, h->values, d),
        lln_precision_at(h->extent.precision, h->values, 2 * d), h->dout,
        h->kept, h->gradients,
        lln_precision_at(h->extent.precision, h->gradients, d),
        lln_precision_at(h->extent.precision, h->gradients, 2 * d),
        &h->dmixture, h->scratch);
}

/* sum_il dout_il out_il after a forward pass: the loss whose gradients
 * backward() computes. */
static inline double train_loss(train_head *h)
{
    double sum = 0;
    train_forward(h);
    for (size_t i = 0; i < h->extent.tokens; i++)
        for (size_t l = 0; l < h->extent.size; l++) {
            size_t at = i * h->extent.out_stride + l;
            sum += train_get(h, h->dout, at) * train_get(h, h->out, at);
        }
    return sum;
}

#endif
