/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching of two quantities with alpha and beta free. Private to src/match. */
#ifndef LLN_MATCH_JOINT_H
#define LLN_MATCH_JOINT_H

#include "match/problem.h"

/* The smallest a = alpha sigma_q that is tried. */
#define LLN_JOINT_LEAST 0.25

/* The method `joint`, see lln_match_method.find: alpha and beta for which D2
 * and the second quantity of the options are those of softmax attention on the
 * head, both measured in float64 over all rows.
 *
 * For a on a geometric grid from LLN_JOINT_LEAST to options.largest, b(a) is
 * the root of D2(a, b) = D2 of softmax to which the roots of the next larger a
 * lead; the largest a begins with the closed form of a -> infinity
 * (joint_limit.h). Along this curve the difference of the second quantity is
 * watched: each change of sign is a solution, whose D2 and second value meet
 * their targets to 1e-10. Between neighbours without a change of sign, a
 * minimum of the modulus is followed. Solutions are listed by |ln(a / b)|.
 * Those on another branch of the curve are not found.
 *
 * The curve is followed on 64 rows; all rows are measured where the result
 * depends on it (joint_some_rows.h), about 10 times, where the search over all
 * rows (joint_all_rows.h) needs about 62 evaluations. That one is used if the
 * search on some rows is not certain.
 *
 * LLN_ENOCONV, with the nearest point of the curve in the list: there is no
 * solution in the range; the message says whether one must exist at a larger a,
 * by a change of sign between the end of the range and infinity. The difference
 * of no other point of the curve is smaller by more than 0.1 %. The list is
 * empty if no point of the curve exists. LLN_EUNDEFINED: the second quantity is
 * not defined for softmax. */
LLN_NODISCARD lln_status lln_joint_find(const lln_match_problem *problem,
                                        lln_match_list *found);

/* The same by the search over all rows alone, to test the other with. */
LLN_NODISCARD lln_status lln_joint_find_all_rows(
    const lln_match_problem *problem, lln_match_list *found);

#endif
