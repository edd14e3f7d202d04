/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Refines points of the curve over all rows. Private to joint*.c. */
#ifndef LLN_MATCH_JOINT_POLISH_H
#define LLN_MATCH_JOINT_POLISH_H

#include <stdbool.h>

#include "match/joint_curve.h"

/* Derivatives of the excess and of the second quantity with x and y. */
typedef struct {
    double excess_x, excess_y, second_x, second_y;
} lln_joint_slopes;

/* Starts at *at (x, y) with estimates of the derivatives, and finds the
 * solution with x from low to high by Broyden's method: first in the precision
 * of the head, then in float64 until the excess and the difference are at most
 * LLN_JOINT_SOLVED. *met is false if that does not succeed. Source: Broyden
 * (1965), "good" update. */
LLN_NODISCARD lln_status lln_joint_polish(const lln_joint *j, double low,
                                          double high, lln_joint_slopes slopes,
                                          lln_joint_point *at, bool *met);

/* Keeps x of *at, and finds y with an excess of at most 1e-12, or
 * LLN_JOINT_SOLVED if rounding allows no less, by secant steps in float64;
 * at->slope is the first slope. */
LLN_NODISCARD lln_status lln_joint_settle(const lln_joint *j,
                                          lln_joint_point *at, bool *met);

#endif
