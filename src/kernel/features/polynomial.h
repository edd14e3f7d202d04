/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention whose scores are a polynomial of degree two in the logit. */
#ifndef LLN_KERNEL_FEATURES_POLYNOMIAL_H
#define LLN_KERNEL_FEATURES_POLYNOMIAL_H

#include "kernel/parameters.h"

/* A = one + linear s + square s^2 with the logit s = scale q.k. */
typedef struct {
    double one, linear, square; /* >= 0 */
    lln_logit_rule rule;
} lln_polynomial;

/* P = A / (sum A + eps), eps a parameter of the choice. There is one feature
 * for 1, d for s, and d (d + 1)/2 for s^2; those with coefficient 0 are left
 * out. Entries are computed from the logit, products from features. LLN_EINVAL:
 * eps is not in [0, 1], or a mask with n > m; LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_polynomial_open(const lln_kernel_choice *choice,
                                             const lln_head *head,
                                             const lln_polynomial *polynomial,
                                             lln_attention *attention);

#endif
