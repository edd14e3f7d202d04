/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A weighted mean of two attentions of one head. */
#ifndef LLN_KERNEL_LLN_MIXTURE_H
#define LLN_KERNEL_LLN_MIXTURE_H

#include "kernel/attention.h"

/* State of the attention. */
typedef struct {
    lln_attention part[2];
    double weight[2]; /* their sum is 1 */
} lln_mixture;

/* P = weight first + (1 - weight) second, both [n x m] with the same mask, by
 * rows. Products, transposed products and the diagonal are weighted sums of
 * those of the parts, if both have them. The attention owns its parts from now
 * on, whatever the status; the arguments are zeroed. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_mixture_open(lln_attention *first,
                                          lln_attention *second, double weight,
                                          lln_attention *attention);

#endif
