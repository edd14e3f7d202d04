/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/linear.h"

#include <cblas.h>
#include <string.h>

#include "core/vector_math.h"

#define LLN_BODY "train/linear.inc"
#include "core/both_precisions.h"

void lln_linear_forward(const lln_linear *map, size_t rows, const void *x,
                        bool add, void *y)
{
    if (map->precision == LLN_FLOAT32)
        forward_f32(map, rows, x, add, y);
    else
        forward_f64(map, rows, x, add, y);
}

void lln_linear_backward(const lln_linear *map, size_t rows, const void *x,
                         const void *dy, const lln_linear *gradient, void *dx,
                         double *sums)
{
    if (map->precision == LLN_FLOAT32)
        backward_f32(map, rows, x, dy, gradient, dx, sums);
    else
        backward_f64(map, rows, x, dy, gradient, dx, sums);
}
