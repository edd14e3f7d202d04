/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops are in operator_rows.inc, once for both precisions. */
#include "measure/operator_rows.h"

#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "measure/tile_sums.h"

/* Vectors of 4 and 8 columns. */
typedef double lln_vector4 __attribute__((vector_size(32)));
typedef double lln_vector8 __attribute__((vector_size(64)));

#define LLN_BODY "measure/operator_rows.inc"
#include "core/both_precisions.h"

void lln_operator_weights(lln_precision precision, lln_domain domain, void *row,
                          size_t first, size_t end, size_t columns,
                          double *scale, double *max)
{
    *scale = precision == LLN_FLOAT32
                 ? weights_f32(row, first, end, columns, domain, max)
                 : weights_f64(row, first, end, columns, domain, max);
}

void lln_operator_dots(lln_precision precision, const void *weights,
                       size_t stride, size_t rows, size_t columns,
                       const double *x, double *out)
{
    if (precision == LLN_FLOAT32)
        dots_f32(weights, stride, rows, columns, x, out);
    else
        dots_f64(weights, stride, rows, columns, x, out);
}

void lln_operator_block_dots(lln_precision precision, const void *weights,
                             size_t stride, size_t rows, size_t count,
                             const double *x, size_t columns, double *out)
{
    if (precision == LLN_FLOAT32)
        block_dots_f32(weights, stride, rows, count, x, columns, out);
    else
        block_dots_f64(weights, stride, rows, count, x, columns, out);
}

void lln_operator_add(lln_precision precision, const void *weights,
                      size_t stride, size_t rows, size_t columns,
                      const double *factor, double *y)
{
    if (precision == LLN_FLOAT32)
        add_f32(weights, stride, rows, columns, factor, y);
    else
        add_f64(weights, stride, rows, columns, factor, y);
}

void lln_operator_add_squares(lln_precision precision, const void *weights,
                              size_t stride, size_t rows, size_t columns,
                              const double *factor, double *y)
{
    if (precision == LLN_FLOAT32)
        add_squares_f32(weights, stride, rows, columns, factor, y);
    else
        add_squares_f64(weights, stride, rows, columns, factor, y);
}

double lln_operator_distance(lln_precision precision, const void *weights,
                             size_t columns, double scale, const double *mean,
                             size_t m)
{
    double sum = precision == LLN_FLOAT32
                     ? distance_f32(weights, columns, scale, mean)
                     : distance_f64(weights, columns, scale, mean);
    for (size_t j = columns; j < m; j++)
        sum += mean[j] * mean[j];
    return sum;
}
