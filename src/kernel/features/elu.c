/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear attention with phi(x) = elu(x) + 1, which is x + 1 for x > 0 and
 * exp(x) otherwise. */
#include "core/vector_math.h"
#include "kernel/features/features.h"

LLN_CLONES static void elu(const double *x, size_t count, double *out)
{
#pragma omp simd
    for (size_t l = 0; l < count; l++) {
        double below = lln_exp_f64(x[l] < 0 ? x[l] : 0);
        out[l] = x[l] > 0 ? x[l] + 1 : below;
    }
}

static void fill_elu_features(const lln_features *f, lln_role side,
                              size_t first, size_t count, double *out)
{
    elu(lln_features_tokens(f, side, first), count * f->d, out);
}

static lln_status elu_open(const lln_kernel_choice *choice,
                           const lln_head *head, lln_attention *attention)
{
    return lln_features_open_map(choice, head, 1, fill_elu_features,
                                 lln_features_sum_plus, attention);
}

const lln_kernel lln_kernel_elu = {
    .name = "elu",
    .summary = "features elu(x) + 1 of queries and keys",
    .reference = "Katharopoulos, Vyas, Pappas, Fleuret 2020",
    .rank = "d",
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .parameters = {{"eps", "added to the sum of a row", "1e-6", {0, 1}}},
    .open = elu_open,
};
