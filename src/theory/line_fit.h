/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The straight line that fits the within-row log-variance D2 of LLN attention
 * best over a range, for any number of features. */
#ifndef LLN_THEORY_LINE_FIT_H
#define LLN_THEORY_LINE_FIT_H

#include <stddef.h>

#include "core/status.h"

/* D2 = slope s2 + intercept, s2 = a^2 + b^2 with a = ratio b. */
typedef struct {
    size_t d;
    double ratio;
    double low, high;       /* D2, the range of the fit */
    double s2_low, s2_high; /* at its ends */
    double slope, intercept;
    double error, relative_error; /* the largest in the range, of D2 */
    double good_low, good_high;   /* the least and the largest D2 in the range
                                     that the line meets to 5 %; NaN: none */
} lln_theory_line;

/* Fits the line by least squares to D2 at 400 points uniform in s2. D2 is
 * interpolated between 24 Chebyshev points, at which the exact quadrature of
 * lln_theory_lln computes it; the difference is below 1e-7. D2 is convex in
 * s2, so that the largest relative error is at the low end: 6.4 % for D2 = 0.5
 * to 2 at d = 64, 3.6 % for 1 to 4.
 * d: features, 1..; 0 < low < high; ratio > 0. Time for d = 64, ratio 1: 0.3 s.
 * LLN_EINVAL: arguments out of range; else the statuses of
 * lln_theory_lln_match_ratio. */
LLN_NODISCARD lln_status lln_theory_line_fit(size_t d, double ratio, double low,
                                             double high, lln_theory_line *out);

#endif
