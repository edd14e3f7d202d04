/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A norm of attention with features that does not form P. */
#ifndef LLN_KERNEL_LLN_FEATURE_NORM_H
#define LLN_KERNEL_LLN_FEATURE_NORM_H

#include "kernel/attention.h"

/* Frobenius norm of P~, which is P minus its column means, of attention with
 * features, P = B A': with Bc and Ac, which are B and A minus their column
 * means,
 *     ||P~||^2 = tr[(Bc'Bc)(Ac'Ac)]
 * where rows of P sum to 1, so that nothing cancels when P is nearly constant;
 * if unnormalised, with A for Ac. O((n + m) rank^2) time. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_feature_norm(const lln_attention *attention,
                                          double *norm);

#endif
