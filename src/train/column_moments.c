/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/column_moments.h"

#include "core/vector_math.h"

#define LLN_BODY "train/column_moments.inc"
#include "core/both_precisions.h"

lln_moments lln_column_moments(lln_precision precision, size_t rows,
                               size_t columns, size_t stride, const void *x)
{
    double count = (double)rows * (double)columns, mean, m2;
    if (precision == LLN_FLOAT32) {
        mean = sum_f32(rows, columns, stride, x) / count;
        m2 = squares_f32(rows, columns, stride, x, mean);
    } else {
        mean = sum_f64(rows, columns, stride, x) / count;
        m2 = squares_f64(rows, columns, stride, x, mean);
    }
    return (lln_moments){.count = count, .mean = mean, .m2 = m2};
}
