/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Real numbers in two precisions, and views of row-major matrices of them. */
#ifndef LLN_CORE_MATRIX_H
#define LLN_CORE_MATRIX_H

#include <float.h>
#include <stddef.h>

#include "core/moments.h"
#include "core/status.h"

typedef enum { LLN_FLOAT32, LLN_FLOAT64 } lln_precision;

/* A view: [rows x columns], row-major, no gaps between rows. It owns
 * nothing; who allocated `data` releases it. */
typedef struct {
    lln_precision precision;
    size_t rows, columns;
    const void *data;
} lln_matrix;

/* A view of numbers that are to be written. */
typedef struct {
    lln_precision precision;
    size_t rows, columns;
    void *data;
} lln_matrix_output;

/* Bytes of one element. */
static inline size_t lln_precision_size(lln_precision precision)
{
    return precision == LLN_FLOAT32 ? sizeof(float) : sizeof(double);
}

/* Error that a chain of a few dozen operations leaves in a number of the given
 * size: 8 units of its last place. */
static inline double lln_precision_rounding(lln_precision precision,
                                            double size)
{
    return 8 * size * (precision == LLN_FLOAT32 ? FLT_EPSILON : DBL_EPSILON);
}

/* The view of what has been written. */
static inline lln_matrix lln_matrix_written(lln_matrix_output a)
{
    return (lln_matrix){a.precision, a.rows, a.columns, a.data};
}

/* Element (i, j) as float64. For set-up and tests, not for inner loops. */
static inline double lln_matrix_get(lln_matrix a, size_t i, size_t j)
{
    size_t at = i * a.columns + j;
    return a.precision == LLN_FLOAT32 ? (double)((const float *)a.data)[at]
                                      : ((const double *)a.data)[at];
}

/* The view of rows first .. first + count - 1. */
static inline lln_matrix lln_matrix_rows(lln_matrix a, size_t first,
                                         size_t count)
{
    size_t bytes = a.columns * lln_precision_size(a.precision);
    return (lln_matrix){a.precision, count, a.columns,
                        (const char *)a.data + first * bytes};
}

/* Copies a to out [rows x columns] in the wanted precision. */
void lln_matrix_convert(lln_matrix a, lln_precision precision, void *out);

/* Writes a to the rows from `first` on of a matrix with as many columns, in the
 * precision of that. */
void lln_matrix_store(lln_matrix a, lln_matrix_output out, size_t first);

/* Position i columns + j of the first entry that is not finite; rows columns:
 * all are. */
size_t lln_matrix_find_nonfinite(lln_matrix a);

/* Moments of all entries, summed in float64; without spread if it is below the
 * rounding of their mean in float64. */
lln_moments lln_matrix_summarise(lln_matrix a);

/* Their mean and standard deviation (divisor count - 1). One entry: deviation
 * NaN. None: both NaN. */
void lln_matrix_moments(lln_matrix a, double *mean, double *deviation);

#endif
