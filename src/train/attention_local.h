/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax over a run of keys of each query, with gradients. */
#ifndef LLN_TRAIN_ATTENTION_LOCAL_H
#define LLN_TRAIN_ATTENTION_LOCAL_H

#include "heads/logit_rule.h"
#include "train/attention.h"

/* P_ij = exp(s_ij) / sum_l exp(s_il) over the keys that the mask allows, s =
 * q.k / sqrt(d). P is made in tiles of a few queries and the keys that they
 * see; forward() keeps it for backward(). */
typedef struct {
    lln_mask mask;
    double weight; /* of P v in the output */
    double rest;   /* factor of what the output contains before. If it is not 0,
                      backward() adds to the gradients that are there */
} lln_train_local;

/* That of softmax, blockdiag and window: weight 1, rest 0. lln+diag changes
 * both. */
lln_train_local lln_train_local_of(const lln_train_attention *a,
                                   const lln_train_extent *e);

/* Elements that forward() keeps, and elements of scratch of backward(). */
size_t lln_train_local_kept(const lln_train_local *local,
                            const lln_train_extent *e);
size_t lln_train_local_scratch(const lln_train_local *local,
                               const lln_train_extent *e);

/* out = weight P v + rest out */
void lln_train_local_forward(const lln_train_local *local,
                             const lln_train_extent *e, const void *q,
                             const void *k, const void *v, void *out,
                             void *kept);

/* With g = weight dout:
 *     dv_j = sum_i P_ij g_i,   dP_ij = g_i.v_j,
 *     ds_ij = P_ij (dP_ij - sum_l P_il dP_il),
 *     dq_i = sum_j ds_ij k_j / sqrt(d),   dk_j = sum_i ds_ij q_i / sqrt(d).
 * Returns sum_ij P_ij dP_ij, the derivative by ln weight. */
double lln_train_local_backward(const lln_train_local *local,
                                const lln_train_extent *e, const void *q,
                                const void *k, const void *v, const void *dout,
                                const void *kept, void *dq, void *dk, void *dv,
                                void *scratch);

#endif
