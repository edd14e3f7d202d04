/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Predicts costs that grow as a power of the size of a problem from the costs
 * of smaller ones. */
#ifndef LLN_CORE_GROWTH_H
#define LLN_CORE_GROWTH_H

#include <stddef.h>

/* The size of an n x m matrix, sqrt(n m), of which computing time may be a
 * power. */
double lln_growth_size(size_t n, size_t m);

/* The power p with after = 2^p before: the growth of a cost when the size
 * doubles, limited to [least, most]. `least` if before or after is not
 * positive. */
double lln_growth_power(double before, double after, double least, double most);

/* Extrapolates a cost: known (to / from)^power. */
double lln_growth_extrapolate(double known, double from, double to,
                              double power);

/* x >= 0 rounded to two significant digits. */
double lln_growth_round(double x);

#endif
