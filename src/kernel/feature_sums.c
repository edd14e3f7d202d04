/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/feature_sums.h"

#include "core/memory.h"
#include "core/vector_math.h"

size_t lln_feature_sums_groups(size_t rows, size_t r)
{
    return lln_size_smaller(rows / (4 * r) + 1, 32);
}

LLN_CLONES void lln_feature_sums_subtract(double *x, const double *shift,
                                          size_t rows, size_t r)
{
    for (size_t i = 0; i < rows; i++, x += r)
#pragma omp simd
        for (size_t l = 0; l < r; l++)
            x[l] -= shift[l];
}

LLN_CLONES void lln_feature_sums_add(const double *x, size_t rows, size_t r,
                                     double *sum)
{
    for (size_t i = 0; i < rows; i++, x += r)
#pragma omp simd
        for (size_t l = 0; l < r; l++)
            sum[l] += x[l];
}
