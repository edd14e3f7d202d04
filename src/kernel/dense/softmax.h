/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax attention, also for kernels that change its mask or scale. */
#ifndef LLN_KERNEL_DENSE_SOFTMAX_H
#define LLN_KERNEL_DENSE_SOFTMAX_H

#include "kernel/parameters.h"

/* P_ij = exp(scale q_i.k_j) / sum_l exp(scale q_i.k_l) over the allowed keys.
 * Rows sum to 1, entries are positive, and the rank is full. The mean of all
 * keys is subtracted from each key. This changes no probability, and it makes
 * the rounding error relative to differences of logits. For float32 heads,
 * logits are computed in float32 if |scale| max|q| max|k - mean| is from 0.05
 * to 43.5, else in float64, so that probabilities have five correct digits.
 * With a window or blocks, products take no n x m work.
 * LLN_EINVAL: a mask with n > m, or logits beyond the range of float64;
 * LLN_ENOMEM.
 * Source: Vaswani et al. (2017), eq. 1. */
LLN_NODISCARD lln_status lln_softmax_open(const lln_kernel_choice *choice,
                                          const lln_head *head,
                                          lln_attention *attention);

#endif
