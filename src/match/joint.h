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
 * the first root of D2(a, b) = D2 of softmax that a search finds from where the
 * roots of the next larger a lead; the largest a begins with the closed form of
 * a -> infinity (joint_limit.h). The root is found to 1e-5, and what is left is
 * corrected along a line. Along this curve the difference of the second
 * quantity is watched: each change of sign is a solution, which Brent's method
 * refines to 1e-10. Between neighbours without a change of sign, a minimum of
 * the modulus is followed. Solutions are listed by |ln(a / b)|. Those on
 * another branch of the curve are not found.
 *
 * LLN_ENOCONV, with the nearest point of the curve in the list: there is no
 * solution in the range; the message says whether one must exist at a larger a,
 * by a change of sign between the end of the range and infinity. The list is
 * empty if no point of the curve exists. LLN_EUNDEFINED: the second quantity is
 * not defined for softmax. */
LLN_NODISCARD lln_status lln_joint_find(const lln_match_problem *problem,
                                        lln_match_list *found);

#endif
