/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention with gradients, for the kernels that consist of it. */
#ifndef LLN_TRAIN_ATTENTION_LLN_H
#define LLN_TRAIN_ATTENTION_LLN_H

#include "train/attention.h"

/* P_ij = sum_l exp(alpha q_il + beta k_jl) / sum over the keys of row i. With
 * c_l = ln sum_j exp(beta k_jl), features are left_il = softmax_l(alpha q_il +
 * c_l) and right_jl = exp(beta k_jl - c_l), so P = left right'. With a causal
 * mask c runs over the keys up to the query's own, and gates exp(c_l(t - 1) -
 * c_l(t)) turn earlier right_jl into those of query t. All are between 0 and 1,
 * whatever the logits. */
size_t lln_train_lln_kept(const lln_train_extent *e);
size_t lln_train_lln_scratch(const lln_train_extent *e);

/* out = P v */
void lln_train_lln_forward(const lln_train_extent *e,
                           const lln_train_constants *c, const void *q,
                           const void *k, const void *v, void *out, void *kept);

/* With g = dout, x = alpha q, y = beta k, and dl, dr the gradients by left and
 * right:
 *     dx_il = left_il (dl_il - g_i.out_i),
 *     dy_jl = right_jl (dr_jl - sum_i left_il g_i.out_i),
 *     dq = alpha dx, dk = beta dy; alpha and beta are constants.
 * Returns sum_i g_i.out_i. */
double lln_train_lln_backward(const lln_train_extent *e,
                              const lln_train_constants *c, const void *v,
                              const void *dout, void *kept, void *dq, void *dk,
                              void *dv, void *scratch);

#endif
