/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention in the limit of a large alpha. Private to src/match. */
#ifndef LLN_MATCH_JOINT_LIMIT_H
#define LLN_MATCH_JOINT_LIMIT_H

#include "heads/heads.h"

typedef struct {
    double beta;     /* at which D2 is the one that was asked for */
    double entropy;  /* mean over rows, nats */
    double skewness; /* mean over rows of the skewness of ln P in the row */
} lln_joint_limit;

/* For alpha -> infinity, row i of LLN attention is a softmax of one feature,
 *     P_ij = softmax over j of beta k_jl,   l = argmax of q_il
 * (the first of equals), so that D2 = beta^2 mean_i Var_j k_jl has a closed
 * form. Time O(n m), without a mask O((n + m) d). Rows with one key have
 * entropy 0 and no variance or skewness. LLN_EUNDEFINED: these features are
 * constant; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_joint_limit_find(const lln_head *head,
                                              double variance,
                                              lln_joint_limit *limit);

#endif
