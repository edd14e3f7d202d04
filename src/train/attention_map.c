/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention by a feature of each entry, P_ij = phi(q_i).phi(k_j) / z_i with
 * z_i = phi(q_i).s_i + eps, s_i the sum of phi(k_j) over the keys of row i.
 * phi(x) is elu(x) + 1, or max(x, 0); row i is 0 if z_i is 0. With dl and dr
 * the gradients by left = phi(q) / z and right = phi(k), and g = dout: dq_il =
 * phi'(q_il) (dl_il - (g_i.out_i) s_il) / z_i, dk_jl = phi'(k_jl) (dr_jl -
 * sum_i left_il (g_i.out_i)). */
#include <math.h>

#include "core/vector_math.h"
#include "train/attention_internal.h"
#include "train/attention_linear.h"

#define LLN_BODY "train/attention_map.inc"
#include "core/both_precisions.h"

static size_t kept_of(const lln_train_attention *a, const lln_train_extent *e)
{
    (void)a;
    return lln_train_features_count(e) + lln_train_aligned(e->tokens);
}

static size_t scratch_of(const lln_train_attention *a,
                         const lln_train_extent *e)
{
    (void)a;
    return lln_train_linear_scratch(e) + lln_train_aligned(e->size);
}

static void forward(const lln_train_attention *a, const lln_train_extent *e,
                    const lln_train_constants *c, const void *q, const void *k,
                    const void *v, void *out, void *kept, void *scratch)
{
    bool elu = a->kernel == &lln_train_elu;
    lln_train_features f = lln_train_features_at(e, kept);
    void *inverse =
        lln_precision_at(e->precision, kept, lln_train_features_count(e));
    (void)c;
    if (e->precision == LLN_FLOAT32)
        fill_f32(e, elu, (float)a->eps, q, k, &f, scratch, inverse);
    else
        fill_f64(e, elu, a->eps, q, k, &f, scratch, inverse);
    lln_train_linear_forward(e, &f, v, out);
}

static void backward(const lln_train_attention *a, const lln_train_extent *e,
                     const lln_train_constants *c, const void *q, const void *k,
                     const void *v, const void *dout, void *kept, void *dq,
                     void *dk, void *dv, double *dmixture, void *scratch)
{
    bool elu = a->kernel == &lln_train_elu;
    lln_train_features f = lln_train_features_at(e, kept);
    const void *inverse =
        lln_precision_at(e->precision, kept, lln_train_features_count(e));
    void *sum =
        lln_precision_at(e->precision, scratch, lln_train_linear_scratch(e));
    lln_train_feature_gradients g =
        lln_train_linear_backward(e, &f, v, dout, dv, scratch);
    (void)c, (void)dmixture;
    if (e->precision == LLN_FLOAT32)
        finish_f32(e, elu, q, k, &f, &g, inverse, sum, dq, dk);
    else
        finish_f64(e, elu, q, k, &f, &g, inverse, sum, dq, dk);
}

const lln_train_kernel lln_train_elu = {
    .name = "elu",
    .summary = "features elu(x) + 1 of queries and keys",
    .kept = kept_of,
    .scratch = scratch_of,
    .forward = forward,
    .backward = backward,
};

const lln_train_kernel lln_train_relu = {
    .name = "relu",
    .summary = "features max(x, 0) of queries and keys",
    .kept = kept_of,
    .scratch = scratch_of,
    .forward = forward,
    .backward = backward,
};
