/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention with scores that are a polynomial of second degree in the logit. */
#ifndef LLN_KERNEL_FEATURES_POLYNOMIAL_H
#define LLN_KERNEL_FEATURES_POLYNOMIAL_H

#include "kernel/parameters.h"

/* A = one + linear s + square s^2 with s = scale q.k, by the rule. */
typedef struct {
    double one, linear, square; /* >= 0 */
    lln_logit_rule rule;
} lln_polynomial;

/* P = A / (sum A + eps), eps a parameter of the choice. One feature for 1, d
 * for s, d (d + 1)/2 for s^2, those whose coefficient is not 0: entries are
 * computed from the logit and only products from features. LLN_EINVAL;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_polynomial_open(const lln_kernel_choice *choice,
                                             const lln_head *head,
                                             const lln_polynomial *polynomial,
                                             lln_attention *attention);

#endif
