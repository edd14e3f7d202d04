/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * phi(x) = softmax over 2 d channels of (2 x, -2 x): the feature map before it
 * is trained. */
#include <math.h>

#include "kernel/features.h"
#include "kernel/row_math.h"

static void fill(const lln_features *f, lln_side side, size_t first,
                 size_t count, double *out)
{
    size_t d = f->d;
    const double *x = (side == LLN_QUERIES ? f->q : f->k) + first * d;
    for (size_t i = 0; i < count; i++, x += d, out += 2 * d) {
        for (size_t l = 0; l < d; l++) {
            out[l] = 2 * x[l];
            out[d + l] = -2 * x[l];
        }
        lln_row_softmax(out, 2 * d);
    }
}

static lln_status hedgehog_open(const lln_kernel_choice *choice,
                                const lln_head *head, lln_attention *attention)
{
    lln_features *f;
    double eps;
    LLN_TRY(lln_kernel_real(choice, "eps", 0, 1, &eps));
    LLN_TRY(lln_features_new(choice, head, 0, &f));
    f->rank = 2 * f->d;
    f->positive = true;
    f->fill = fill;
    f->divisor = lln_features_sum_plus;
    /* The published code scales queries by (2 d)^-1/2, which only eps sees. */
    f->eps = eps * sqrt(2 * (double)f->d);
    return lln_features_open(f, attention);
}

const lln_kernel lln_kernel_hedgehog = {
    .name = "hedgehog",
    .summary = "features softmax(2 x, -2 x), the map before training",
    .reference = "Zhang, Bhatia, Kumbong, Re 2024",
    .rank = "2 d",
    .properties = LLN_KERNEL_CAUSAL | LLN_KERNEL_FULL,
    .parameters = {{"eps", "times sqrt(2 d) is added to the sum of a row",
                    "1e-10", false}},
    .open = hedgehog_open,
};
