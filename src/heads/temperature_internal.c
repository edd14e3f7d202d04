/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/temperature_internal.h"

#include <cblas.h>
#include <stdbool.h>
#include <string.h>

#include "core/vector_math.h"

void lln_temperature_read(lln_matrix a, size_t first, size_t count, double *out)
{
    lln_matrix_convert(lln_matrix_rows(a, first, count), LLN_FLOAT64, out);
}

/* Needed because the computed mean of equal values may differ from them. */
static bool column_varies(const double *x, size_t count, size_t d)
{
    for (size_t i = 1; i < count; i++)
        if (x[i * d] != x[0])
            return true;
    return false;
}

LLN_CLONES static void add_columns(const double *x, size_t count, size_t d,
                                   double *sum)
{
    for (size_t i = 0; i < count; i++, x += d)
#pragma omp simd
        for (size_t l = 0; l < d; l++)
            sum[l] += x[l];
}

LLN_CLONES static void subtract_columns(double *x, size_t count, size_t d,
                                        const double *mean)
{
    for (size_t i = 0; i < count; i++, x += d)
#pragma omp simd
        for (size_t l = 0; l < d; l++)
            x[l] -= mean[l];
}

void lln_temperature_centre(double *x, size_t count, size_t d, double *mean)
{
    memset(mean, 0, d * sizeof *mean);
    add_columns(x, count, d, mean);
    for (size_t l = 0; l < d; l++)
        mean[l] =
            column_varies(x + l, count, d) ? mean[l] / (double)count : x[l];
    subtract_columns(x, count, d, mean);
}

void lln_temperature_add_squares(const double *x, size_t count, size_t d,
                                 double *c)
{
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (int)d, (int)count, 1, x,
                (int)d, 1, c, (int)d);
}

void lln_key_moments_join(lln_key_moments *a, size_t count, const double *mean,
                          size_t d, double *delta)
{
    double total = (double)(a->count + count);
    double weight = (double)a->count * ((double)count / total);
    for (size_t l = 0; l < d; l++)
        delta[l] = mean[l] - a->mean[l];
    cblas_dsyr(CblasRowMajor, CblasLower, (int)d, weight, delta, 1, a->scatter,
               (int)d);
    cblas_daxpy((int)d, (double)count / total, delta, 1, a->mean, 1);
    a->count += count;
}

void lln_key_moments_add(lln_key_moments *a, const double *x, size_t count,
                         const double *mean, size_t d, double *delta)
{
    lln_temperature_add_squares(x, count, d, a->scatter);
    lln_key_moments_join(a, count, mean, d, delta);
}

void lln_key_moments_merge(lln_key_moments *a, const lln_key_moments *b,
                           size_t d, double *delta)
{
    if (b->count == 0)
        return;
    if (a->count == 0)
        memcpy(a->mean, b->mean, d * sizeof *a->mean);
    cblas_daxpy((int)(d * d), 1, b->scatter, 1, a->scatter, 1);
    lln_key_moments_join(a, b->count, b->mean, d, delta);
}
