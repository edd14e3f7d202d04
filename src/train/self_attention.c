/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/self_attention.h"

/* Offsets of one head of one example. */
typedef struct {
    size_t q, k, v; /* in qkv */
    size_t out, kept;
} place;

static place place_of(const lln_self_attention_run *run, size_t head)
{
    const lln_train_extent *e = &run->extent;
    size_t row = head / run->head_count * e->tokens;
    size_t column = head % run->head_count * e->size;
    size_t q = row * e->stride + column, width = e->out_stride;
    return (place){q, q + width, q + 2 * width, row * width + column,
                   head * run->kept};
}

void lln_self_attention_forward(const lln_self_attention *layer,
                                const lln_self_attention_run *run,
                                const void *y,
                                const lln_self_attention_kept *kept, void *x,
                                void *scratch)
{
    lln_precision p = layer->qkv.precision;
    size_t rows = run->examples * run->extent.tokens;
    lln_linear_forward(&layer->qkv, rows, y, false, kept->qkv);
    for (size_t head = 0; head < run->examples * run->head_count; head++) {
        place at = place_of(run, head);
        run->attention->kernel->forward(
            run->attention, &run->extent, &run->constants,
            lln_precision_at(p, kept->qkv, at.q),
            lln_precision_at(p, kept->qkv, at.k),
            lln_precision_at(p, kept->qkv, at.v),
            lln_precision_at(p, kept->mixed, at.out),
            lln_precision_at(p, kept->heads, at.kept), scratch);
    }
    lln_linear_forward(&layer->out, rows, kept->mixed, true, x);
}

/* dmixed: the gradient of kept->mixed. Returns that of the mixture. */
static double heads_backward(lln_precision p, const lln_self_attention_run *run,
                             const lln_self_attention_kept *kept, void *dmixed,
                             void *dqkv, void *scratch)
{
    double dmixture = 0;
    for (size_t head = 0; head < run->examples * run->head_count; head++) {
        place at = place_of(run, head);
        run->attention->kernel->backward(
            run->attention, &run->extent, &run->constants,
            lln_precision_at(p, kept->qkv, at.q),
            lln_precision_at(p, kept->qkv, at.k),
            lln_precision_at(p, kept->qkv, at.v),
            lln_precision_at(p, dmixed, at.out),
            lln_precision_at(p, kept->heads, at.kept),
            lln_precision_at(p, dqkv, at.q), lln_precision_at(p, dqkv, at.k),
            lln_precision_at(p, dqkv, at.v), &dmixture, scratch);
    }
    return dmixture;
}

void lln_self_attention_backward(const lln_self_attention *layer,
                                 const lln_self_attention_run *run,
                                 const void *y,
                                 const lln_self_attention_kept *kept,
                                 const void *dx,
                                 const lln_self_attention *gradient, void *dy,
                                 void *wide, void *scratch, double *sums)
{
    size_t rows = run->examples * run->extent.tokens;
    /* dy holds the gradient of kept->mixed at first. */
    lln_linear_backward(&layer->out, rows, kept->mixed, dx, &gradient->out, dy,
                        sums);
    double dmixture =
        heads_backward(layer->qkv.precision, run, kept, dy, wide, scratch);
    if (gradient->mixture)
        lln_precision_set(layer->qkv.precision, gradient->mixture, 0, dmixture);
    lln_linear_backward(&layer->qkv, rows, y, wide, &gradient->qkv, dy, sums);
}
