/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Correlation of two values that rows have, by their size and by their rank.
 * Example: x = (1, 2, 3, 4) and y = (1, 4, 9, 16) have Pearson 0.984 and
 * Spearman 1. */
#ifndef LLN_MEASURE_CORRELATION_H
#define LLN_MEASURE_CORRELATION_H

#include <stddef.h>

#include "core/status.h"

/* The correlation of x and y [count], drawn at random from `n` rows, with their
 * standard errors as estimates of the correlation over all n. */
typedef struct {
    double pearson, pearson_error;
    double spearman, spearman_error;
} lln_correlation;

/* Pearson's correlation, and Spearman's, which is Pearson's of the ranks; equal
 * values have the mean of their ranks. With standardised values u and v, and f
 * = 1 - count/n:
 *     Pearson:  error = sqrt(f s2 / count), s2 = variance of u v -
 *               r (u^2 + v^2) / 2, its influence function
 *     Spearman: error = (1 - r^2) sqrt(f (1 + r^2/2) / (count - 3))
 * Errors are 0 if count = n, since nothing was estimated. All values are NaN if
 * count < 2, if a value is not finite, or if x or y counts as constant: if its
 * largest and smallest value differ by at most x_rounding or y_rounding.
 * Sources: Hampel et al., Robust Statistics (1986), 5.2; Bonett and Wright,
 * Psychometrika 65 (2000), eq. 6. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_correlation_measure(
    const double *x, double x_rounding, const double *y, double y_rounding,
    size_t count, size_t n, lln_correlation *out);

/* Ranks of x [count] from 1 on; equal values have the mean of their ranks: (3,
 * 1, 3) has ranks (2.5, 1, 2.5). LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_correlation_ranks(const double *x, size_t count,
                                               double *out);

#endif
