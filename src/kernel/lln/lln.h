/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention for kernels made of it. */
#ifndef LLN_KERNEL_LLN_LLN_H
#define LLN_KERNEL_LLN_LLN_H

#include "kernel/parameters.h"

/* Linear log-normal attention,
 *     A_ij = sum_l exp(alpha q_il + beta k_jl),
 * of a kernel with the parameters alpha, beta, eps and scales, the last for
 * who chooses alpha and beta. If eps is given it is the published form, in
 * float64 and unnormalised: see lln_published.h. Else there is no epsilon: the
 * largest beta k_jl of every feature is moved from the keys to the queries,
 * which cancels in P and bounds both factors. Rows sum to 1, entries are
 * positive, the rank is at most d. The factors are float32 while the spread of
 * beta k within a feature allows it, else float64, else every score is a
 * log-sum-exp over the features, so that nothing overflows.
 * LLN_EINVAL: alpha or beta not finite, |alpha q| + |beta k| above 1e300, eps
 * not in [0, 1], or scales an unknown word; LLN_ENOMEM.
 * Source: Nahshan, Kampeas, Haleva (2024), eq. 8. */
LLN_NODISCARD lln_status lln_lln_open(const lln_kernel_choice *choice,
                                      const lln_head *head,
                                      lln_attention *attention);

/* Words of the parameters match and scales, ended by NULL. */
extern const char *const lln_lln_matches[], *const lln_lln_scales[];

#endif
