/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The values of one feature over the tokens: a column of queries or keys. */
#ifndef LLN_MEASURE_FEATURE_H
#define LLN_MEASURE_FEATURE_H

#include "core/matrix.h"

/* The number of tokens of `rows` that are left if every step-th one is taken,
 * the first among them: ceil(rows / step), for step >= 1. */
static inline size_t lln_feature_tokens(size_t rows, size_t step)
{
    return rows / step + (rows % step > 0);
}

/* x[i] = entry (i step, j) of a, i = 0 .. lln_feature_tokens(rows, step) - 1.
 * step >= 1. */
void lln_feature_read(lln_matrix a, size_t j, size_t step, double *x);

/* Subtracts the mean of x [n], which must be finite. All values become 0 if
 * their standard deviation (divisor n) is at most 8 units in the last place of
 * the mean in float64: then rounding alone can make them differ. */
void lln_feature_centre(double *x, size_t n);

#endif
