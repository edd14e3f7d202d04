/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values spaced evenly, and averages, for tables. */
#ifndef LLN_TABLE_SERIES_H
#define LLN_TABLE_SERIES_H

#include <stdbool.h>
#include <stddef.h>

/* Value `index` of `count` values from low to high, evenly spaced, or evenly in
 * the logarithm (low, high > 0). The ends are exact. Values between them are
 * rounded to 12 significant digits, so that 0.1 .. 1 in ten steps contains 0.3
 * and not 0.30000000000000004. count = 1 gives low. */
double lln_series_value(double low, double high, size_t count, bool log,
                        size_t index);

/* Mean and central sum of squares, updated one value at a time. A zeroed struct
 * has no values. Source: Welford (1962). */
typedef struct {
    size_t count;
    double mean; /* NaN if a value was NaN; infinite, and then without a
                    standard error, if a value was infinite */
    double m2;   /* sum (x - mean)^2 */
} lln_average;

void lln_average_add(lln_average *average, double x);

/* Standard deviation, sqrt(m2 / (count - 1)); NaN for fewer than two values. */
double lln_average_deviation(const lln_average *average);

/* Standard error of the mean, sqrt(m2 / (count - 1) / count); NaN for fewer
 * than two values. */
double lln_average_error(const lln_average *average);

/* The median: the middle value of values [count], or half the sum of the two in
 * the middle; NaN if there are no values or one is NaN. The values are sorted
 * in place. */
double lln_median(double *values, size_t count);

#endif
