/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/pooling.h"

#include <string.h>

#include "core/vector_math.h"

#define LLN_BODY "train/pooling.inc"
#include "core/both_precisions.h"

size_t lln_pooling_rows(const lln_task_shape *shape,
                        const lln_examples *examples)
{
    size_t rows = 0;
    if (!shape->per_token)
        return examples->count;
    for (size_t i = 0; i < examples->count * shape->tokens; i++)
        rows += examples->answers[i] >= 0;
    return rows;
}

size_t lln_pooling_forward(const lln_task_shape *shape, lln_precision precision,
                           const lln_examples *examples, size_t width,
                           const void *x, void *out, int32_t *answers)
{
    if (precision == LLN_FLOAT32)
        return forward_f32(shape, examples, width, x, out, answers);
    return forward_f64(shape, examples, width, x, out, answers);
}

void lln_pooling_backward(const lln_task_shape *shape, lln_precision precision,
                          const lln_examples *examples, size_t width,
                          const void *dout, void *dx)
{
    if (precision == LLN_FLOAT32)
        backward_f32(shape, examples, width, dout, dx);
    else
        backward_f64(shape, examples, width, dout, dx);
}
