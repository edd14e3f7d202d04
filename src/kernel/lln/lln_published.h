/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention with the published epsilon. */
#ifndef LLN_KERNEL_LLN_LLN_PUBLISHED_H
#define LLN_KERNEL_LLN_LLN_PUBLISHED_H

#include "kernel/parameters.h"

/* Linear log-normal attention as the published code computes it,
 *     phi(q_i) = exp(alpha q_i - max_l alpha q_il),
 *     phi(k_j) = exp(beta k_j - max_jl beta k_jl),
 *     P_ij = phi(q_i).phi(k_j) / (sum_j phi(q_i).phi(k_j) + eps),
 * for reproduction, in float64. The largest beta k_jl of all keys, with a mask
 * those behind it too, may exceed what query i sees by far: then the sum
 * vanishes beside eps and the row loses its mass. A row whose sum and eps are
 * both 0 is zero. LLN_EINVAL: eps is not in [0, 1]; LLN_ENOMEM.
 * Source: Nahshan, Kampeas, Haleva (2024), their code. */
LLN_NODISCARD lln_status lln_lln_published_open(const lln_kernel_choice *choice,
                                                const lln_head *head,
                                                lln_attention *attention);

#endif
