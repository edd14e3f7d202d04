/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Some rows in place of all: which, and what the means over them are worth. */
#ifndef LLN_MEASURE_ROW_SAMPLE_H
#define LLN_MEASURE_ROW_SAMPLE_H

#include <stdint.h>

#include "measure/rows.h"

/* Draws `count` of the rows 0 .. n - 1 without replacement, in ascending
 * order, queries [count]. The same seed and stream draw the same rows; other
 * streams (heads, trials) draw others. LLN_EINVAL: count = 0 or above n. */
LLN_NODISCARD lln_status lln_rows_draw(size_t n, size_t count, uint64_t seed,
                                       uint32_t stream, size_t *queries);

/* A number of one row; NaN: the row has none and is left out. */
typedef double lln_row_value(const lln_row *row);

/* Mean of value() over rows[count], and its standard error as an estimate of
 * the mean over all n rows of the same matrix:
 *     error = sd / sqrt(m) sqrt(1 - count/n),   m rows that have a value;
 * 0 if count = n, since nothing was estimated. It covers the choice of rows
 * and not that of keys. No value: both NaN; one value of several rows: error
 * NaN. Source: Cochran, Sampling Techniques (1977), theorem 2.2. */
void lln_rows_mean(const lln_row *rows, size_t count, size_t n,
                   lln_row_value *value, double *mean, double *error);

/* The same for values of rows that were made otherwise: those of `count` rows
 * at first[0], first[stride], ...; NaN: the row has none. */
void lln_values_mean(const double *first, size_t stride, size_t count, size_t n,
                     double *mean, double *error);

/* The variance of ln P within the row, divisor keys - 1, of a row measured
 * with LLN_ROW_MOMENTS; NaN with fewer than two keys. Its mean over rows is
 * D2. */
double lln_row_variance(const lln_row *row);

#endif
