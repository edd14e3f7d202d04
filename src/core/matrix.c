/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/matrix.h"

#include <math.h>
#include <string.h>

void lln_matrix_row(lln_matrix a, size_t i, double *out)
{
    lln_matrix row = {a.precision, 1, a.columns, a.data};
    row.data =
        (const char *)a.data + i * a.columns * lln_precision_size(a.precision);
    lln_matrix_convert(row, LLN_FLOAT64, out);
}

void lln_matrix_convert(lln_matrix a, lln_precision precision, void *out)
{
    size_t count = a.rows * a.columns;
    if (precision == a.precision) {
        memcpy(out, a.data, count * lln_precision_size(precision));
    } else if (precision == LLN_FLOAT64) {
        const float *from = a.data;
        double *to = out;
        for (size_t i = 0; i < count; i++)
            to[i] = from[i];
    } else {
        const double *from = a.data;
        float *to = out;
        for (size_t i = 0; i < count; i++)
            to[i] = (float)from[i];
    }
}

void lln_matrix_moments(lln_matrix a, double *mean, double *deviation)
{
    size_t count = a.rows * a.columns;
    lln_matrix flat = {a.precision, 1, count, a.data};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += lln_matrix_get(flat, 0, i);
    *mean = count > 0 ? sum / (double)count : NAN;
    for (size_t i = 0; i < count; i++) {
        double residual = lln_matrix_get(flat, 0, i) - *mean;
        squares += residual * residual;
    }
    *deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : NAN;
}
