/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear attention with phi(x) = max(x, 0). A query that has no positive
 * feature in common with a key has a row of zeros. */
#include "core/vector_math.h"
#include "kernel/features/features.h"

LLN_CLONES static void relu(const double *x, size_t count, double *out)
{
#pragma omp simd
    for (size_t l = 0; l < count; l++)
        out[l] = x[l] > 0 ? x[l] : 0;
}

static void fill_relu_features(const lln_features *f, lln_role side,
                               size_t first, size_t count, double *out)
{
    relu(lln_features_tokens(f, side, first), count * f->d, out);
}

static lln_status relu_open(const lln_kernel_choice *choice,
                            const lln_head *head, lln_attention *attention)
{
    return lln_features_open_map(choice, head, 1, fill_relu_features,
                                 lln_features_sum_plus, attention);
}

const lln_kernel lln_kernel_relu = {
    .name = "relu",
    .summary = "features max(x, 0) of queries and keys",
    .reference = "Cai, Li, Hu, Gan, Han 2023",
    .rank = "d",
    .properties = LLN_KERNEL_NORM_FREE,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .parameters = {{"eps", "added to the sum of a row", "1e-6", {0, 1}}},
    .open = relu_open,
};
