/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/row_math.h"

#include <cblas.h>
#include <math.h>

#include "core/vector_math.h"

void lln_row_products(double factor, const double *a, size_t rows,
                      const double *b, size_t columns, size_t rank,
                      size_t stride, double *out)
{
    int n = (int)columns, r = (int)rank;
    if (rows == 1) /* avoids the copy of b that dgemm would make */
        cblas_dgemv(CblasRowMajor, CblasNoTrans, n, r, factor, b, r, a, 1, 0,
                    out, 1);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, n, r,
                    factor, a, r, b, r, 0, out, (int)stride);
}

LLN_CLONES double lln_row_dot(const double *a, const double *b, size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t l = 0; l < count; l++)
        sum += a[l] * b[l];
    return sum;
}

LLN_CLONES double lln_row_sum(const double *x, size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t l = 0; l < count; l++)
        sum += x[l];
    return sum;
}

LLN_CLONES double lln_row_max(const double *x, size_t count)
{
    double largest = -INFINITY;
#pragma omp simd reduction(max : largest)
    for (size_t l = 0; l < count; l++)
        largest = x[l] > largest ? x[l] : largest;
    return largest;
}

LLN_CLONES void lln_row_exp(double *x, size_t count, double shift, double added)
{
#pragma omp simd
    for (size_t l = 0; l < count; l++)
        x[l] = lln_exp_f64(x[l] - shift) + added;
}

void lln_row_softmax(double *x, size_t count)
{
    double sum = 0;
    lln_row_exp(x, count, lln_row_max(x, count), 0);
    for (size_t l = 0; l < count; l++)
        sum += x[l];
    for (size_t l = 0; l < count; l++)
        x[l] /= sum;
}
