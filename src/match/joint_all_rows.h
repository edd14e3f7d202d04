/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The search along the curve over all rows in float64. Private to joint*.c. */
#ifndef LLN_MATCH_JOINT_ALL_ROWS_H
#define LLN_MATCH_JOINT_ALL_ROWS_H

#include "match/joint_curve.h"

/* For a on the grid, b(a) is the first root of D2(a, b) = D2 of softmax that a
 * search finds from where the roots of the next larger a lead; the largest a
 * begins with the limit. The root is found to 1e-5, and what is left is
 * corrected along a line. Along this curve the difference is watched: each
 * change of sign is a solution, which Brent's method refines. Between
 * neighbours without a change of sign, a minimum of the modulus is followed.
 * It needs about 62 evaluations over all rows. The statuses of
 * lln_joint_measure. */
LLN_NODISCARD lln_status lln_joint_search_all_rows(const lln_joint *j,
                                                   lln_joint_outcome *out);

#endif
