/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/gelu.h"

#include "core/vector_math.h"

#define LLN_BODY "train/gelu.inc"
#include "core/both_precisions.h"

void lln_gelu_forward(lln_precision precision, size_t count, void *x,
                      void *slope)
{
    if (precision == LLN_FLOAT32)
        forward_f32(count, x, slope);
    else
        forward_f64(count, x, slope);
}

void lln_gelu_backward(lln_precision precision, size_t count, const void *slope,
                       void *d)
{
    if (precision == LLN_FLOAT32)
        backward_f32(count, slope, d);
    else
        backward_f64(count, slope, d);
}
