/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention made of features, P_ij = left_i.right_j, in O(N d dv), with
 * gradients by the features. Kernels divide `left` by the sum of the row. */
#ifndef LLN_TRAIN_ATTENTION_LINEAR_H
#define LLN_TRAIN_ATTENTION_LINEAR_H

#include "train/attention.h"

/* The size of a head for which loops are also compiled with a constant. */
enum { LLN_TRAIN_USUAL = 16 };

/* Features of a head, all in the precision of the extent. With a causal mask,
 *     P_ts = sum_l left_tl right_sl gate_(s+1)l ... gate_tl,   s <= t. */
typedef struct {
    void *left, *right; /* [tokens x size] */
    void *gate;         /* [tokens x size]; NULL: not causal */
    void *sums;         /* [size x size], at least 16 elements: right'v if not
                           causal, else scratch */
} lln_train_features;

/* Elements of memory for those arrays, and the arrays in this memory. */
size_t lln_train_features_count(const lln_train_extent *e);
lln_train_features lln_train_features_at(const lln_train_extent *e,
                                         void *memory);

/* out = P v */
void lln_train_linear_forward(const lln_train_extent *e,
                              const lln_train_features *f, const void *v,
                              void *out);

/* Gradients by the features, in scratch. Sums over i are over the queries that
 * see key j. */
typedef struct {
    void *left;  /* [tokens x size] by left: sum_j right_jl (dout_i.v_j) */
    void *right; /* [tokens x size] by right, minus what the sum of a row adds:
                    sum_i left_il (dout_i.v_j - inner_i) */
    void *inner; /* [tokens] dout_i.out_i */
} lln_train_feature_gradients;

/* Elements of scratch of lln_train_linear_backward, which begins with the
 * gradients. */
size_t lln_train_linear_scratch(const lln_train_extent *e);

/* Writes dv, and the gradients by the features, to scratch. */
lln_train_feature_gradients
lln_train_linear_backward(const lln_train_extent *e,
                          const lln_train_features *f, const void *v,
                          const void *dout, void *dv, void *scratch);

#endif
