/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Frobenius norm of attention with features, without forming P. */
#ifndef LLN_KERNEL_LLN_FEATURE_NORM_H
#define LLN_KERNEL_LLN_FEATURE_NORM_H

#include "kernel/attention.h"

/* Frobenius norm of P~ = P minus its column means, for attention with features
 * P = B A'. With Bc and Ac, which are B and A minus their column means,
 *     ||P~||^2 = tr[(Bc'Bc)(Ac'Ac)]
 * if rows of P sum to 1, so that nothing cancels when P is nearly constant; if
 * unnormalised, with A in place of Ac. O((n + m) rank^2) time. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_feature_norm(const lln_attention *attention,
                                          double *norm);

#endif
