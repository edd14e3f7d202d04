/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Costs that grow as a power of the size of a problem, from small ones. */
#ifndef LLN_CORE_GROWTH_H
#define LLN_CORE_GROWTH_H

#include <stddef.h>

/* The size of an n x m matrix, of which time may be a power: sqrt(n m). */
double lln_growth_size(size_t n, size_t m);

/* The power p by which what was `before` grows to `after` when the size
 * doubles, after = 2^p before, but within [least, most]; `least` if either is
 * not positive. */
double lln_growth_power(double before, double after, double least, double most);

/* What `known` at a size becomes at another one: known (to / from)^power. */
double lln_growth_extrapolate(double known, double from, double to,
                              double power);

/* x >= 0 rounded to two significant digits. */
double lln_growth_round(double x);

#endif
