/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention with the published epsilon. */
#ifndef LLN_KERNEL_LLN_LLN_PUBLISHED_H
#define LLN_KERNEL_LLN_LLN_PUBLISHED_H

#include "kernel/parameters.h"

/* Linear log-normal attention as the published code computes it, in float64,
 * for reproduction:
 *     phi(q_i) = exp(alpha q_i - max_l alpha q_il),
 *     phi(k_j) = exp(beta k_j - max_jl beta k_jl),
 *     P_ij = phi(q_i).phi(k_j) / (sum_j phi(q_i).phi(k_j) + eps).
 * The maximum of beta k_jl is over all keys, including those that the mask
 * hides. It may be far larger than the keys that query i may see: then the sum
 * is negligible beside eps, and the row sums to almost 0. A row whose sum and
 * eps are both 0 is zero.
 * LLN_EINVAL: eps is not in [0, 1]; LLN_ENOMEM.
 * Source: Nahshan, Kampeas, Haleva (2024), their code. */
LLN_NODISCARD lln_status lln_lln_published_open(const lln_kernel_choice *choice,
                                                const lln_head *head,
                                                lln_attention *attention);

#endif
