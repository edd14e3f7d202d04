/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which features exp(factor x) of one matrix a floating-point format cannot
 * represent. Example: x = (0, 12), factor 1, fp16: exp(12) = 162755 rounds to
 * infinity; overflow = 1/2. */
#ifndef LLN_MEASURE_FEATURE_RANGE_H
#define LLN_MEASURE_FEATURE_RANGE_H

#include <stdbool.h>

#include "core/matrix.h"
#include "theory/number_range.h"

typedef struct {
    double largest; /* factor x_il; -infinity without entries */
    lln_range_fractions formats[LLN_NUMBER_FORMATS]; /* NaN without entries */
} lln_feature_range;

/* Counts the features exp(factor x_il) that round to infinity, to 0 or to a
 * subnormal number in each format, and those that round to 0 after the largest
 * exponent is subtracted: that of the row if `by_row`, else that of the matrix.
 * The exponents themselves are computed in float64. x [n x d] is finite. */
void lln_feature_range_measure(lln_matrix x, double factor, bool by_row,
                               lln_feature_range *out);

/* The largest row sum of LLN attention before it is normalised, if all keys are
 * allowed: max over i of ln sum_j sum_l exp(alpha q_il + beta k_jl), in
 * float64. q [n x d] and k [m x d] are finite; sums [d] receives ln sum_j
 * exp(beta k_jl). -infinity without queries or keys. O((n + m) d). */
double lln_feature_range_largest_sum(lln_matrix q, double alpha, lln_matrix k,
                                     double beta, double *sums);

#endif
