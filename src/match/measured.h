/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching by measuring the head. Private to src/match. */
#ifndef LLN_MATCH_MEASURED_H
#define LLN_MATCH_MEASURED_H

#include "match/problem.h"

/* The methods `measured` and `entropy`, see lln_match_method.find.
 * LLN_EUNDEFINED also if the entropy of softmax is that of uniform attention.
 */
LLN_NODISCARD lln_status lln_measured_find(const lln_match_problem *problem,
                                           lln_match_list *found);
LLN_NODISCARD lln_status lln_measured_find_entropy(
    const lln_match_problem *problem, lln_match_list *found);

#endif
