/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/layer_norm.h"

#include <math.h>
#include <string.h>

#include "core/vector_math.h"

#define LLN_BODY "train/layer_norm.inc"
#include "core/both_precisions.h"

void lln_layer_norm_forward(const lln_layer_norm *norm, size_t rows,
                            const void *x, const lln_layer_norm_kept *kept,
                            void *y)
{
    if (norm->precision == LLN_FLOAT32)
        forward_f32(norm, rows, x, kept, y);
    else
        forward_f64(norm, rows, x, kept, y);
}

void lln_layer_norm_backward(const lln_layer_norm *norm, size_t rows,
                             const lln_layer_norm_kept *kept, const void *dy,
                             const lln_layer_norm *gradient, void *dx,
                             double *sums)
{
    if (norm->precision == LLN_FLOAT32)
        backward_f32(norm, rows, kept, dy, gradient, dx, sums);
    else
        backward_f64(norm, rows, kept, dy, gradient, dx, sums);
}
