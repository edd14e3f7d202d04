/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What tests of training share: softmax attention in plain loops. */
#ifndef LLN_TESTS_TRAIN_CASE_H
#define LLN_TESTS_TRAIN_CASE_H

#include <cblas.h>
#include <string.h>

#include "expect.h"
#include "train/attention.h"

#define LLN_BODY "train_softmax.inc"
#include "core/both_precisions.h"

static size_t plain_kept(const lln_train_attention *a,
                         const lln_train_extent *e)
{
    (void)a;
    return e->tokens * e->tokens;
}

static size_t plain_scratch(const lln_train_attention *a,
                            const lln_train_extent *e)
{
    (void)a, (void)e;
    return 0;
}

static void plain_forward(const lln_train_attention *a,
                          const lln_train_extent *e,
                          const lln_train_constants *c, const void *q,
                          const void *k, const void *v, void *out, void *kept,
                          void *scratch)
{
    (void)a, (void)c, (void)scratch;
    if (e->precision == LLN_FLOAT32)
        plain_forward_f32(e, q, k, v, out, kept);
    else
        plain_forward_f64(e, q, k, v, out, kept);
}

static void plain_backward(const lln_train_attention *a,
                           const lln_train_extent *e,
                           const lln_train_constants *c, const void *q,
                           const void *k, const void *v, const void *out,
                           const void *dout, const void *kept, void *dq,
                           void *dk, void *dv, double *dmixture, void *scratch)
{
    (void)a, (void)c, (void)dmixture, (void)scratch;
    if (e->precision == LLN_FLOAT32)
        plain_backward_f32(e, q, k, v, out, dout, kept, dq, dk, dv);
    else
        plain_backward_f64(e, q, k, v, out, dout, kept, dq, dk, dv);
}

static const lln_train_kernel plain_softmax = {
    "plain", "softmax in plain loops", plain_kept,
    plain_scratch, plain_forward,      plain_backward};

static inline lln_train_attention plain_attention(void)
{
    return (lln_train_attention){.kernel = &plain_softmax, .name = "plain"};
}

#endif
