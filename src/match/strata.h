/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A choice of rows that represents all rows of LLN attention. Private to
 * src/match. */
#ifndef LLN_MATCH_STRATA_H
#define LLN_MATCH_STRATA_H

#include "heads/heads.h"

/* Chooses queries[count], ascending, whose mean log-variance is near that of
 * all rows. To first order in beta, for features that are uncorrelated over the
 * keys, row i of LLN attention has
 *     Var_j ln P_ij = beta^2 sum_l w_il^2 Var_j k_jl,
 *     w_i = softmax over l of alpha q_il + beta mean_j k_jl.
 * All rows are sorted by this value; rows with equal values are put in a random
 * order that is always the same. The sorted rows are cut into `count` strata of
 * equal size, and the middle row of each is taken. The same head gives the same
 * rows. 1 <= count <= rows of the head. Time O((n + m) d + n ln n), memory
 * O(n). LLN_ENOMEM.
 * Source: Cochran, Sampling Techniques (1977), chapter 5. */
LLN_NODISCARD lln_status lln_strata_choose(const lln_head *head, double alpha,
                                           double beta, size_t count,
                                           size_t *queries);

#endif
