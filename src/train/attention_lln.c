/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/attention_lln.h"

#include <math.h>

#include "core/vector_math.h"
#include "train/attention_internal.h"
#include "train/attention_linear.h"

#define LLN_BODY "train/attention_lln.inc"
#include "core/both_precisions.h"

size_t lln_train_lln_kept(const lln_train_extent *e)
{
    return lln_train_features_count(e);
}

size_t lln_train_lln_scratch(const lln_train_extent *e)
{
    return lln_train_linear_scratch(e);
}

void lln_train_lln_forward(const lln_train_extent *e,
                           const lln_train_constants *c, const void *q,
                           const void *k, const void *v, void *out, void *kept)
{
    lln_train_features f = lln_train_features_at(e, kept);
    if (e->precision == LLN_FLOAT32)
        fill_f32(e, c, q, k, &f);
    else
        fill_f64(e, c, q, k, &f);
    lln_train_linear_forward(e, &f, v, out);
}

double lln_train_lln_backward(const lln_train_extent *e,
                              const lln_train_constants *c, const void *v,
                              const void *dout, void *kept, void *dq, void *dk,
                              void *dv, void *scratch)
{
    lln_train_features f = lln_train_features_at(e, kept);
    lln_train_feature_gradients g =
        lln_train_linear_backward(e, &f, v, dout, dv, scratch);
    return e->precision == LLN_FLOAT32 ? finish_f32(e, c, &f, &g, dq, dk)
                                       : finish_f64(e, c, &f, &g, dq, dk);
}

static size_t kept_of(const lln_train_attention *a, const lln_train_extent *e)
{
    (void)a;
    return lln_train_lln_kept(e);
}

static size_t scratch_of(const lln_train_attention *a,
                         const lln_train_extent *e)
{
    (void)a;
    return lln_train_lln_scratch(e);
}

static void forward(const lln_train_attention *a, const lln_train_extent *e,
                    const lln_train_constants *c, const void *q, const void *k,
                    const void *v, void *out, void *kept, void *scratch)
{
    (void)a, (void)scratch;
    lln_train_lln_forward(e, c, q, k, v, out, kept);
}

static void backward(const lln_train_attention *a, const lln_train_extent *e,
                     const lln_train_constants *c, const void *q, const void *k,
                     const void *v, const void *dout, void *kept, void *dq,
                     void *dk, void *dv, double *dmixture, void *scratch)
{
    (void)a, (void)q, (void)k, (void)dmixture;
    lln_train_lln_backward(e, c, v, dout, kept, dq, dk, dv, scratch);
}

const lln_train_kernel lln_train_lln = {
    .name = "lln",
    .summary = "linear log-normal attention, features exp(alpha q), exp(beta "
               "k); alpha and beta are constants in the backward pass",
    .kept = kept_of,
    .scratch = scratch_of,
    .forward = forward,
    .backward = backward,
};
