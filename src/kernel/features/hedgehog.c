/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * phi(x) = softmax over 2 d channels of (2 x, -2 x): the feature map before it
 * is trained. */
#include <math.h>

#include "kernel/features/features.h"
#include "kernel/row_math.h"

static void fill_hedgehog_features(const lln_features *f, lln_role side,
                                   size_t first, size_t count, double *out)
{
    size_t d = f->d;
    const double *x = lln_features_tokens(f, side, first);
    for (size_t i = 0; i < count; i++, x += d, out += 2 * d) {
        for (size_t l = 0; l < d; l++) {
            out[l] = 2 * x[l];
            out[d + l] = -2 * x[l];
        }
        lln_row_softmax(out, 2 * d);
    }
}

/* The published code scales queries by (2 d)^-1/2, which only eps sees. */
static double divisor(const lln_features *f, size_t i, double sum)
{
    (void)i;
    return sum + f->eps * sqrt((double)f->rank);
}

static lln_status hedgehog_open(const lln_kernel_choice *choice,
                                const lln_head *head, lln_attention *attention)
{
    return lln_features_open_map(choice, head, 2, fill_hedgehog_features,
                                 divisor, attention);
}

const lln_kernel lln_kernel_hedgehog = {
    .name = "hedgehog",
    .summary = "features softmax(2 x, -2 x), the map before training",
    .reference = "Zhang, Bhatia, Kumbong, Re 2024",
    .rank = "2 d",
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .parameters = {{"eps",
                    "times sqrt(2 d) is added to the sum of a row",
                    "1e-10",
                    {0, 1}}},
    .open = hedgehog_open,
};
