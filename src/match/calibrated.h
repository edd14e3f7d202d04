/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching by a straight line that is fitted for the number of features of the
 * head. Private to src/match. */
#ifndef LLN_MATCH_CALIBRATED_H
#define LLN_MATCH_CALIBRATED_H

#include "match/problem.h"

/* The method `line`, see lln_match_method.find: s2 = (D2 - intercept) / slope
 * of lln_theory_line_fit over the range of the options. The fit is computed
 * once for each number of features, ratio and range, and remembered until the
 * process ends. Several threads may call it at once. */
LLN_NODISCARD lln_status lln_calibrated_find(const lln_match_problem *problem,
                                             lln_match_list *found);

#endif
