/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to where.c: loops over the weights of a panel, vectorised. */
#ifndef LLN_MEASURE_WHERE_LOOPS_H
#define LLN_MEASURE_WHERE_LOOPS_H

#include "measure/panels.h"

/* *mass += sum of w_j, *moment += sum of w_j |lag - j|, 0 <= j < count. */
void lln_where_segment(lln_precision precision, const void *weights,
                       size_t count, double lag, double *mass, double *moment);

/* Rows that are added at once. */
enum { LLN_WHERE_ROWS = 8 };

/* y_j += sum_r factor_r w_rj, 0 <= j < count, for `rows` <= LLN_WHERE_ROWS rows
 * with `stride` elements from one to the next. Fewer than LLN_WHERE_ROWS are
 * added one by one. */
void lln_where_add(lln_precision precision, const void *weights, size_t stride,
                   size_t rows, size_t count, const double *factor, double *y);

#endif
