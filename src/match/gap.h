/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The second eigenvalue of attention, and matching by it. Private to
 * src/match. */
#ifndef LLN_MATCH_GAP_H
#define LLN_MATCH_GAP_H

#include "kernel/parameters.h"
#include "match/problem.h"

/* |lambda_2| of a kernel on a head (lln_spectrum_measure_head, automatic
 * method); NaN if there is none, or if it takes more work or memory than is
 * appropriate for one of many values. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_gap_lambda2(const lln_kernel_choice *kernel,
                                         const lln_head *head, double *lambda2);

/* The method `gap`, see lln_match_method.find: finds sides with which
 * |lambda_2| of LLN attention is that of softmax, to 1e-8 relative. One
 * evaluation is a spectrum of LLN attention: O(n d^2 + d^3) without a mask,
 * O(n m d) with a causal one, and many products with P under other masks. The
 * spectrum of softmax, once, takes longer. LLN_EUNDEFINED: |lambda_2| of
 * softmax is not known, or no more than rounding. */
LLN_NODISCARD lln_status lln_gap_find(const lln_match_problem *problem,
                                      lln_match_list *found);

#endif
