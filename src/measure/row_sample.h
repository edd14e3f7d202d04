/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random samples of rows, and means over them with standard errors. Example: 2
 * of 8 rows have values 1 and 3: mean 2, error sqrt(2) / sqrt(2) sqrt(1 - 2/8)
 * = 0.866. */
#ifndef LLN_MEASURE_ROW_SAMPLE_H
#define LLN_MEASURE_ROW_SAMPLE_H

#include <stdint.h>

#include "measure/rows.h"

/* Draws `count` of the rows 0 .. n - 1 without replacement; queries [count],
 * ascending. The same seed and stream draw the same rows; other streams (heads,
 * trials) draw other rows. LLN_EINVAL: count = 0 or above n. */
LLN_NODISCARD lln_status lln_rows_draw(size_t n, size_t count, uint64_t seed,
                                       uint32_t stream, size_t *queries);

/* A value of one row; NaN if it has none, and the row is left out. */
typedef double lln_row_value(const lln_row *row);

/* Mean of value() over rows[count], and its standard error as an estimate of
 * the mean over all n rows of the same matrix:
 *     error = sd / sqrt(m) sqrt(1 - count/n),   m rows that have a value.
 * The error is 0 if count = n, since nothing was estimated. It accounts for the
 * choice of rows, not for that of keys. No value: both NaN; one value of
 * several rows: error NaN.
 * Source: Cochran, Sampling Techniques (1977), theorem 2.2. */
void lln_rows_mean(const lln_row *rows, size_t count, size_t n,
                   lln_row_value *value, double *mean, double *error);

/* The same for `count` values first[0], first[stride], ...; NaN: the row has
 * none. */
void lln_values_mean(const double *first, size_t stride, size_t count, size_t n,
                     double *mean, double *error);

/* sqrt(sum_i x_i / sum_i y_i) over `count` values x[0], x[stride], ... and y of
 * rows drawn from n, and its standard error
 *     error = sd(x_i - ratio^2 y_i) / sqrt(m) sqrt(1 - m/n) /
 *             (2 ratio mean y).
 * Rows with a NaN are left out. The ratio is NaN if the sum of y is not
 * positive. The error is NaN for one row, and 0 if count = n.
 * Source: Cochran, Sampling Techniques (1977), section 2.11. */
void lln_values_root_ratio(const double *x, const double *y, size_t stride,
                           size_t count, size_t n, double *ratio,
                           double *error);

/* The variance of ln P in the row (divisor keys - 1) of a row measured with
 * LLN_ROW_MOMENTS; NaN if it has fewer than two keys. Its mean over rows is the
 * within-row log-variance D2. */
double lln_row_variance(const lln_row *row);

/* Skewness and excess kurtosis of ln P in the row, standardised with divisor
 * keys; NaN if it has fewer than two keys or no spread. */
double lln_row_skewness(const lln_row *row);
double lln_row_kurtosis(const lln_row *row);

#endif
