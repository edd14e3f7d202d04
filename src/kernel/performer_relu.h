/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The three attentions that go by the name of Performer with ReLU. */
#ifndef LLN_KERNEL_PERFORMER_RELU_H
#define LLN_KERNEL_PERFORMER_RELU_H

#include "kernel/kernel.h"

/* What is taken the maximum of: x itself, W x sqrt(|scale|), and W x
 * r^-1/2 with W [r x d]. */
typedef enum {
    LLN_PERFORMER_DETERMINISTIC,
    LLN_PERFORMER_PROJECTED,
    LLN_PERFORMER_TENSORFLOW
} lln_performer_relu;

/* phi(x) = max(factor W x, 0) + eps, eps a parameter of the choice; it is not
 * free of scale, so that the forms differ. LLN_EINVAL; LLN_ENOMEM. */
LLN_NODISCARD lln_status
lln_performer_relu_open(const lln_kernel_choice *choice, const lln_head *head,
                        lln_performer_relu form, lln_attention *attention);

#endif
