/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Row-major matrices of float32 or float64. */
#ifndef LLN_CORE_MATRIX_H
#define LLN_CORE_MATRIX_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/moments.h"
#include "core/status.h"

typedef enum { LLN_FLOAT32, LLN_FLOAT64 } lln_precision;

/* A view [rows x columns], row-major, without gaps between rows. It owns
 * nothing; whoever allocated `data` frees it. */
typedef struct {
    lln_precision precision;
    size_t rows, columns;
    const void *data;
} lln_matrix;

/* A view of a matrix to be written. */
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

/* The address of element `index` of an array. */
static inline void *lln_precision_at(lln_precision precision, void *array,
                                     size_t index)
{
    return (char *)array + index * lln_precision_size(precision);
}

/* Sets element `index` of an array. For set-up, not for inner loops. */
static inline void lln_precision_set(lln_precision precision, void *array,
                                     size_t index, double value)
{
    if (precision == LLN_FLOAT32)
        ((float *)array)[index] = (float)value;
    else
        ((double *)array)[index] = value;
}

/* Rounding error of a chain of a few dozen operations on values of the given
 * size: 8 units in the last place. */
static inline double lln_precision_rounding(lln_precision precision,
                                            double size)
{
    return 8 * size * (precision == LLN_FLOAT32 ? FLT_EPSILON : DBL_EPSILON);
}

/* The read-only view of a matrix that was written. */
static inline lln_matrix lln_matrix_written(lln_matrix_output a)
{
    lln_matrix view = {a.precision, a.rows, a.columns, a.data};
    return view;
}

/* Entry (i, j) as float64. For set-up and tests, not for inner loops. */
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
    lln_matrix view = {a.precision, count, a.columns,
                       (const char *)a.data + first * bytes};
    return view;
}

/* Copies a to out [rows x columns] in the given precision. */
void lln_matrix_convert(lln_matrix a, lln_precision precision, void *out);

/* Copies a, in the precision of `out`, to the rows of `out` from `first` on.
 * Both must have the same number of columns. */
void lln_matrix_store(lln_matrix a, lln_matrix_output out, size_t first);

/* Index i columns + j of the first entry that is not finite; rows columns if
 * all entries are finite. */
size_t lln_matrix_find_nonfinite(lln_matrix a);

/* Moments of all entries, summed in float64. The variance is set to 0 if it is
 * below the rounding of their mean in float64. */
lln_moments lln_matrix_summarise(lln_matrix a);

/* Sum of the squares of all entries, in float64; 0 if there are none. */
double lln_matrix_squares(lln_matrix a);

/* Mean and standard deviation (divisor: count - 1) of all entries. One entry:
 * standard deviation NaN. No entries: both NaN. */
void lln_matrix_moments(lln_matrix a, double *mean, double *deviation);

/* Whether entries differ, but by so little (below 1.5e-154) that their variance
 * is below the normal numbers of float64. */
bool lln_matrix_underflows(lln_matrix a);

#endif
