/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax attention for kernels that change the mask or the scale. */
#ifndef LLN_KERNEL_DENSE_SOFTMAX_H
#define LLN_KERNEL_DENSE_SOFTMAX_H

#include "kernel/parameters.h"

/* P_ij = exp(scale q_i.k_j) / sum_l exp(scale q_i.k_l) over the keys the mask
 * allows. Rows sum to 1, entries are positive, rank is full. The mean of all
 * keys is subtracted from each, which changes no probability and leaves the
 * rounding of logits to their differences. For float32 heads logits are float32
 * products while |scale| max|q| max|k - mean| is from 0.05 to 43.5, and float64
 * else, so that probabilities keep five digits. With a window or blocks
 * products take no n x m work. LLN_EINVAL: a mask and n > m, or
 * logits beyond the range of float64; LLN_ENOMEM.
 * Source: Vaswani et al. (2017), eq. 1. */
LLN_NODISCARD lln_status lln_softmax_open(const lln_kernel_choice *choice,
                                          const lln_head *head,
                                          lln_attention *attention);

#endif
