/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN+Diag: P = r L + (1 - r) D, with L that of lln and D that of blockdiag;
 * r = 1 / (1 + exp(-mixture)). With g = dout, the gradient by the mixture is
 *     dr/dmixture sum_i g_i.(L v - D v)_i,   dr/dmixture = r (1 - r). */
#include <math.h>

#include "core/vector_math.h"
#include "train/attention_internal.h"
#include "train/attention_linear.h"
#include "train/attention_lln.h"
#include "train/attention_local.h"

#define LLN_BODY "train/attention_lln_diag.inc"
#include "core/both_precisions.h"

static double ratio_of(const lln_train_constants *c)
{
    return 1 / (1 + exp(-c->mixture));
}

static lln_train_local diag_of(const lln_train_attention *a,
                               const lln_train_extent *e, double ratio)
{
    lln_train_local local = lln_train_local_of(a, e);
    local.weight = 1 - ratio;
    local.rest = ratio;
    return local;
}

static size_t kept_of(const lln_train_attention *a, const lln_train_extent *e)
{
    lln_train_local local = diag_of(a, e, 0.5);
    return lln_train_lln_kept(e) + lln_train_local_kept(&local, e);
}

/* For the scaled gradient, then for lln and blockdiag, one after the other. */
static size_t scratch_of(const lln_train_attention *a,
                         const lln_train_extent *e)
{
    lln_train_local local = diag_of(a, e, 0.5);
    size_t lln = lln_train_lln_scratch(e);
    size_t diag = lln_train_local_scratch(&local, e);
    return lln_train_aligned(e->tokens * e->size) + (lln > diag ? lln : diag);
}

static void forward(const lln_train_attention *a, const lln_train_extent *e,
                    const lln_train_constants *c, const void *q, const void *k,
                    const void *v, void *out, void *kept, void *scratch)
{
    lln_train_local local = diag_of(a, e, ratio_of(c));
    (void)scratch;
    lln_train_lln_forward(e, c, q, k, v, out, kept);
    lln_train_local_forward(
        &local, e, q, k, v, out,
        lln_precision_at(e->precision, kept, lln_train_lln_kept(e)));
}

static void backward(const lln_train_attention *a, const lln_train_extent *e,
                     const lln_train_constants *c, const void *q, const void *k,
                     const void *v, const void *dout, void *kept, void *dq,
                     void *dk, void *dv, double *dmixture, void *scratch)
{
    double ratio = ratio_of(c);
    lln_train_local local = diag_of(a, e, ratio);
    lln_train_extent scaled = *e;
    void *rest = lln_precision_at(e->precision, scratch,
                                  lln_train_aligned(e->tokens * e->size));
    scaled.out_stride = e->size;
    if (e->precision == LLN_FLOAT32)
        scale_rows_f32(e, (float)ratio, dout, scratch);
    else
        scale_rows_f64(e, ratio, dout, scratch);
    /* r g.(L v) and (1 - r) g.(D v) */
    double lln =
        lln_train_lln_backward(&scaled, c, v, scratch, kept, dq, dk, dv, rest);
    double diag = lln_train_local_backward(
        &local, e, q, k, v, dout,
        lln_precision_at(e->precision, kept, lln_train_lln_kept(e)), dq, dk, dv,
        rest);
    *dmixture += (1 - ratio) * lln - ratio * diag;
}

const lln_train_kernel lln_train_lln_diag = {
    .name = "lln+diag",
    .summary = "ratio times lln plus (1 - ratio) times blockdiag",
    .kept = kept_of,
    .scratch = scratch_of,
    .forward = forward,
    .backward = backward,
};
