/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A_ij = max(q_i, 0).max(k_j, 0) cos(theta_i - theta_j), where theta is pi/2
 * times the position (from 1) divided by the larger of the numbers of queries
 * and keys. So rows change as the sequence grows. A query that has no positive
 * feature in common with a key has a row of zeros. */
#include <math.h>

#include "kernel/features/features.h"

static void fill_cosformer_features(const lln_features *f, lln_role side,
                                    size_t first, size_t count, double *out)
{
    size_t d = f->d, longest = f->n > f->m ? f->n : f->m;
    size_t position = first + 1;
    if (side == LLN_QUERIES && f->causal)
        position += f->m - f->n;
    const double *x = lln_features_tokens(f, side, first);
    for (size_t i = 0; i < count; i++, x += d, out += 2 * d) {
        double theta = M_PI_2 * (double)(position + i) / (double)longest;
        double s = sin(theta), c = fmax(cos(theta), 0); /* rounding: c < 0 */
        for (size_t l = 0; l < d; l++) {
            double above = x[l] > 0 ? x[l] : 0;
            out[l] = above * s;
            out[d + l] = above * c;
        }
    }
}

static lln_status cosformer_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    return lln_features_open_map(choice, head, 2, fill_cosformer_features,
                                 lln_features_sum_floor, attention);
}

const lln_kernel lln_kernel_cosformer = {
    .name = "cosformer",
    .summary = "features max(x, 0), weighted by the cosine of the distance",
    .reference = "Qin et al. 2022",
    .rank = "2 d",
    .properties = LLN_KERNEL_NORM_FREE,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .parameters = {{"eps", "smallest divisor of a row", "1e-6", {0, 1}}},
    .open = cosformer_open,
};
