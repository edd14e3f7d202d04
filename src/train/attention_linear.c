/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/attention_linear.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "core/vector_math.h"

/* A recurrence over the tokens, see columns() and features() in
 * attention_linear.inc. */
typedef struct {
    size_t n, d;
    const void *in, *out, *gate; /* [n x d] */
    const void *x, *y;           /* [n x d], with these strides */
    size_t x_stride, y_stride;
    void *sums; /* [d x d] */
    void *to;   /* the result, in the place of y or [n x d] */
} recurrence;

#define LLN_BODY "train/attention_linear.inc"
#include "core/both_precisions.h"

size_t lln_train_features_count(const lln_train_extent *e)
{
    size_t rows = lln_train_aligned(e->tokens * e->size);
    return (e->causal ? 3 : 2) * rows + lln_train_aligned(e->size * e->size);
}

lln_train_features lln_train_features_at(const lln_train_extent *e,
                                         void *memory)
{
    size_t rows = lln_train_aligned(e->tokens * e->size);
    return (lln_train_features){
        .left = memory,
        .right = lln_precision_at(e->precision, memory, rows),
        .gate =
            e->causal ? lln_precision_at(e->precision, memory, 2 * rows) : NULL,
        .sums =
            lln_precision_at(e->precision, memory, (e->causal ? 3 : 2) * rows),
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
           lln_train_aligned(e->tokens) + lln_train_aligned(e->size * e->size);
}

lln_train_feature_gradients
lln_train_linear_backward(const lln_train_extent *e,
                          const lln_train_features *f, const void *v,
                          const void *dout, void *dv, void *scratch)
{
    size_t rows = lln_train_aligned(e->tokens * e->size);
    lln_train_feature_gradients g = {
        .left = scratch,
        .right = lln_precision_at(e->precision, scratch, rows),
        .inner = lln_precision_at(e->precision, scratch, 2 * rows),
    };
    void *work = lln_precision_at(e->precision, scratch,
                                  2 * rows + lln_train_aligned(e->tokens));
    if (e->precision == LLN_FLOAT32)
        backward_f32(e, f, v, dout, dv, &g, work);
    else
        backward_f64(e, f, v, dout, dv, &g, work);
    return g;
}
