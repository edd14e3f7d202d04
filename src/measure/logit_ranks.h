/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ranks of the logits A = c Q K' of a head, in O((n + m) d^2) without A. They
 * describe the head, not P: every kernel has the same, and the mask is ignored,
 * because a masked matrix has no low rank. Example: Q = K = (1, 0; 0, 2) has A
 * = (1, 0; 0, 4) with stable rank 17/16, and with row means subtracted A =
 * (1/2, -1/2; -2, 2) with stable rank 1. */
#ifndef LLN_MEASURE_LOGIT_RANKS_H
#define LLN_MEASURE_LOGIT_RANKS_H

#include "heads/heads.h"

/* stable_rank = ||A||_F^2 / sigma_1^2, 1 to d. rank90: the least r with sum_{i
 * <= r} sigma_i^2 >= 0.9 ||A||_F^2. */
typedef struct {
    double stable_rank, rank90;
} lln_logit_rank;

typedef struct {
    lln_logit_rank row; /* of A (I - 11'/m): row means subtracted, which softmax
                           cannot see */
    lln_logit_rank both;  /* of (I - 11'/n) A (I - 11'/m): column means too,
                             which  are the same for all queries */
    lln_logit_rank plain; /* of A */
} lln_logit_ranks;

/* Whether the logits are c q.k apart from a mask: no cap, no added numbers. */
bool lln_logits_are_products(const lln_head *head);

/* With triangular factors Q = U R and K = V S of the queries and keys, minus
 * their means where A is centred, A has the singular values of c R S' [d x d].
 * NaN: A is zero, up to the rounding of queries and keys, such as with c = 0 or
 * one key (row, both); there are no queries or keys, or they are not known; or
 * the logits are not products. The ranks do not depend on c or on the number
 * of threads. LLN_ENOMEM; LLN_ENOCONV: LAPACK failed; LLN_EINTERRUPTED.
 * Source: polar decompositions, as for singular_lowrank.h. */
LLN_NODISCARD lln_status lln_logit_ranks_measure(const lln_head *head,
                                                 lln_logit_ranks *out);

#endif
