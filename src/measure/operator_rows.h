/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inner loops of operator.c, vectorised: several rows of weights at once,
 * with float64 sums for weights of either precision. */
#ifndef LLN_MEASURE_OPERATOR_ROWS_H
#define LLN_MEASURE_OPERATOR_ROWS_H

#include <stddef.h>

#include "kernel/attention.h"

/* Turns scores row[first .. end - 1] into weights in (0, 1], and sets the rest
 * of row[0 .. columns - 1] to 0. scale = 1 / sum of the rounded weights, so
 * that scale times the stored weights sums to 1. *max is the largest score. */
void lln_operator_weights(lln_precision precision, lln_domain domain, void *row,
                          size_t first, size_t end, size_t columns,
                          double *scale, double *max);

/* out_i = sum_j weights_ij x_j, i < rows, j < columns; rows are `stride`
 * elements apart. */
void lln_operator_dots(lln_precision precision, const void *weights,
                       size_t stride, size_t rows, size_t columns,
                       const double *x, double *out);

/* out_ic = sum_j weights_ij x_jc, i < rows, j < count, c < columns, which are
 * 4 or 8; x [count x columns], out [rows x columns]. */
void lln_operator_block_dots(lln_precision precision, const void *weights,
                             size_t stride, size_t rows, size_t count,
                             const double *x, size_t columns, double *out);

/* y_j += sum_i factor_i weights_ij */
void lln_operator_add(lln_precision precision, const void *weights,
                      size_t stride, size_t rows, size_t columns,
                      const double *factor, double *y);

/* y_j += sum_i (factor_i weights_ij)^2 */
void lln_operator_add_squares(lln_precision precision, const void *weights,
                              size_t stride, size_t rows, size_t columns,
                              const double *factor, double *y);

/* sum_j (scale weights_j - mean_j)^2, j < m; weights_j = 0 for j >= columns. */
double lln_operator_distance(lln_precision precision, const void *weights,
                             size_t columns, double scale, const double *mean,
                             size_t m);

#endif
