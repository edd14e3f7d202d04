/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * P_ij = 1 / number of keys of row i, whatever the queries and keys: what a
 * model reaches without choosing. */
#include <string.h>

#include "train/attention_internal.h"

#define LLN_BODY "train/attention_uniform.inc"
#include "core/both_precisions.h"

static size_t kept_of(const lln_train_attention *a, const lln_train_extent *e)
{
    (void)a, (void)e;
    return 0;
}

static size_t scratch_of(const lln_train_attention *a,
                         const lln_train_extent *e)
{
    (void)a;
    return e->size;
}

static void forward(const lln_train_attention *a, const lln_train_extent *e,
                    const lln_train_constants *c, const void *q, const void *k,
                    const void *v, void *out, void *kept, void *scratch)
{
    (void)a, (void)c, (void)q, (void)k, (void)kept;
    if (e->precision == LLN_FLOAT32)
        forward_f32(e, v, out, scratch);
    else
        forward_f64(e, v, out, scratch);
}

static void backward(const lln_train_attention *a, const lln_train_extent *e,
                     const lln_train_constants *c, const void *q, const void *k,
                     const void *v, const void *dout, void *kept, void *dq,
                     void *dk, void *dv, double *dmixture, void *scratch)
{
    (void)a, (void)c, (void)q, (void)k, (void)v, (void)kept;
    (void)dmixture;
    if (e->precision == LLN_FLOAT32)
        backward_f32(e, dout, dq, dk, dv, scratch);
    else
        backward_f64(e, dout, dq, dk, dv, scratch);
}

const lln_train_kernel lln_train_uniform = {
    .name = "uniform",
    .summary = "the mean of all values; queries and keys have no effect",
    .kept = kept_of,
    .scratch = scratch_of,
    .forward = forward,
    .backward = backward,
};
