/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Central moments that can be merged, so that parts of a set can be measured
 * separately and combined in a fixed order. */
#ifndef LLN_CORE_MOMENTS_H
#define LLN_CORE_MOMENTS_H

#include <stddef.h>

/* mr = sum of (x - mean)^r. All members 0: the empty set. */
typedef struct {
    double count, mean, m2, m3, m4;
} lln_moments;

/* Moments of `count` >= 1 values from their power sums about any center near
 * them: power[r] = sum of (x - center)^r, r = 1 .. 4; power[0] is unused. */
lln_moments lln_moments_from_sums(double count, double center,
                                  const double power[5]);

/* Adds the values x[count] to the set, in two passes over them. To keep
 * rounding errors small, add large sets in pieces of about a thousand values.
 * Equal values have m2 = 0. count = 0 changes nothing. */
void lln_moments_add(lln_moments *a, const double *x, size_t count);

/* a becomes the union of a and b. Source: Pebay (2008), eq. 1.5 and 2.1. */
void lln_moments_merge(lln_moments *a, const lln_moments *b);

/* Removes the moments that rounding alone gives to equal values: m2, m3 and m4
 * become 0 if the variance m2 / count is at most rounding^2, where `rounding`
 * is the error of the values. */
void lln_moments_settle(lln_moments *a, double rounding);

#endif
