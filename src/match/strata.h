/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of LLN attention that stand for all of them. Private to src/match. */
#ifndef LLN_MATCH_STRATA_H
#define LLN_MATCH_STRATA_H

#include "heads/heads.h"

/* Chooses queries[count], ascending, whose mean log-variance is near that of
 * all rows: row i of LLN attention has, to first order in beta and for features
 * that do not correlate over the keys,
 *     Var_j ln P_ij = beta^2 sum_l w_il^2 Var_j k_jl,
 *     w_i = softmax over l of alpha q_il + beta mean_j k_jl;
 * all rows are put in the order of this figure, equal ones in an order of
 * chance that is always the same, cut into `count` strata of equal size, and
 * the middle row of each is taken. The same head gives the same rows.
 * 1 <= count <= rows of the head. Time O((n + m) d + n ln n), memory O(n).
 * LLN_ENOMEM. Source: Cochran, Sampling Techniques (1977), chapter 5. */
LLN_NODISCARD lln_status lln_strata_choose(const lln_head *head, double alpha,
                                           double beta, size_t count,
                                           size_t *queries);

#endif
