/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention, for the kernels that consist of it. */
#ifndef LLN_KERNEL_LLN_LLN_H
#define LLN_KERNEL_LLN_LLN_H

#include "kernel/parameters.h"

/* Linear log-normal attention,
 *     A_ij = sum_l exp(alpha q_il + beta k_jl),
 * of a kernel with the parameters alpha, beta, eps and scales (scales is used
 * only where alpha and beta are chosen). If eps is given, it is the published
 * form, in float64 and unnormalised: see lln_published.h. Otherwise there is no
 * epsilon: the largest beta k_jl of every feature is moved from the keys to the
 * queries. This cancels in P and bounds both factors. Rows sum to 1, entries
 * are positive, and the rank is at most d. The factors are float32 if the
 * spread of beta k within a feature is small enough, else float64. If that is
 * not enough either, every score is a log-sum-exp over the features, so that
 * nothing overflows.
 * LLN_EINVAL: alpha or beta not finite, |alpha q| + |beta k| above 1e300, eps
 * not in [0, 1], or an unknown word for scales; LLN_ENOMEM.
 * Source: Nahshan, Kampeas, Haleva (2024), eq. 8. */
LLN_NODISCARD lln_status lln_lln_open(const lln_kernel_choice *choice,
                                      const lln_head *head,
                                      lln_attention *attention);

/* Words of the parameters match and scales, ended by NULL. */
extern const char *const lln_lln_matches[], *const lln_lln_scales[];
#define LLN_LLN_MATCH_SUMMARY                                                  \
    "method that finds alpha and beta: paper, fenton, fenton-row, exact, "     \
    "measured, line, entropy, gap or joint"

#endif
