/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Central moments that can be merged, so that a set may be taken apart, its
 * parts measured in any place, and put together in a fixed order. */
#ifndef LLN_CORE_MOMENTS_H
#define LLN_CORE_MOMENTS_H

#include <stddef.h>

/* mr = sum of (x - mean)^r. All zero: the empty set. */
typedef struct {
    double count, mean, m2, m3, m4;
} lln_moments;

/* Moments of `count` >= 1 values from their power sums about any center near
 * them: power[r] = sum of (x - center)^r, r = 1 .. 4 (power[0] unused). */
lln_moments lln_moments_from_sums(double count, double center,
                                  const double power[5]);

/* Adds values x[count] to the set, by two passes over them; for arrays in
 * pieces of a thousand or so, which keeps the error of their sums small. The
 * spread of equal values is 0. count = 0 changes nothing. */
void lln_moments_add(lln_moments *a, const double *x, size_t count);

/* a becomes the union of a and b. Source: Pebay (2008), eq. 1.5 and 2.1. */
void lln_moments_merge(lln_moments *a, const lln_moments *b);

/* Takes away what rounding alone makes of equal values: m2, m3 and m4 become 0
 * if the variance m2 / count is at most rounding^2, `rounding` the error with
 * which the values are known. */
void lln_moments_settle(lln_moments *a, double rounding);

#endif
