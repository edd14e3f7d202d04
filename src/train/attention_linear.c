/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/attention_linear.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "core/vector_math.h"

/* The size of a head for which loops are compiled with a constant. */
enum { USUAL = 16 };

#define LLN_BODY "train/attention_linear.inc"
#include "core/both_precisions.h"

static void *place(const lln_train_extent *e, void *memory, size_t elements)
{
    return (char *)memory + elements * lln_precision_size(e->precision);
}

size_t lln_train_features_count(const lln_train_extent *e, bool gated)
{
    size_t rows = lln_train_aligned(e->tokens * e->size);
    return (gated ? 3 : 2) * rows + lln_train_aligned(e->size * e->size);
}

lln_train_features lln_train_features_at(const lln_train_extent *e, bool gated,
                                         void *memory)
{
    size_t rows = lln_train_aligned(e->tokens * e->size);
    return (lln_train_features){
        .left = memory,
        .right = place(e, memory, rows),
        .gate = gated ? place(e, memory, 2 * rows) : NULL,
        .sums = place(e, memory, (gated ? 3 : 2) * rows),
    };
}

void lln_train_linear_forward(const lln_train_extent *e,
                              const lln_train_features *f, const void *v,
                              void *out)
{
    if (e->precision == LLN_FLOAT32)
        forward_f32(e, f, v, out);
    else
        forward_f64(e, f, v, out);
}

size_t lln_train_linear_scratch(const lln_train_extent *e)
{
    return 2 * lln_train_aligned(e->tokens * e->size) +
           lln_train_aligned(e->tokens) +
           lln_train_aligned(2 * e->size * e->size + e->size);
}

lln_train_feature_gradients
lln_train_linear_backward(const lln_train_extent *e,
                          const lln_train_features *f, const void *v,
                          const void *dout, void *dv, void *scratch)
{
    size_t rows = lln_train_aligned(e->tokens * e->size);
    lln_train_feature_gradients g = {
        .left = scratch,
        .right = place(e, scratch, rows),
        .inner = place(e, scratch, 2 * rows),
    };
    void *work = place(e, scratch, 2 * rows + lln_train_aligned(e->tokens));
    bool single = e->precision == LLN_FLOAT32;
    if (e->causal && single)
        backward_causal_f32(e, f, v, dout, dv, &g, work);
    else if (e->causal)
        backward_causal_f64(e, f, v, dout, dv, &g, work);
    else if (single)
        backward_full_f32(e, f, v, dout, dv, &g, work);
    else
        backward_full_f64(e, f, v, dout, dv, &g, work);
    return g;
}
