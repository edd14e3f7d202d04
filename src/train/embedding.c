/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/embedding.h"

#include <string.h>

#include "core/vector_math.h"

#define LLN_BODY "train/embedding.inc"
#include "core/both_precisions.h"

void lln_embedding_forward(const lln_embedding *embedding,
                           const lln_examples *examples, void *input, void *x)
{
    size_t rows = examples->count * embedding->tokens;
    if (embedding->vocabulary == 0) {
        lln_matrix values = {LLN_FLOAT32, rows, embedding->map.inputs,
                             examples->values};
        lln_matrix_convert(values, embedding->precision, input);
        lln_linear_forward(&embedding->map, rows, input, false, x);
    }
    if (embedding->precision == LLN_FLOAT32)
        forward_f32(embedding, examples, x);
    else
        forward_f64(embedding, examples, x);
}

void lln_embedding_backward(const lln_embedding *embedding,
                            const lln_examples *examples, const void *input,
                            const void *dx, const lln_embedding *gradient,
                            double *sums)
{
    if (embedding->vocabulary == 0)
        lln_linear_backward(&embedding->map,
                            examples->count * embedding->tokens, input, dx,
                            &gradient->map, NULL, sums);
    if (embedding->precision == LLN_FLOAT32)
        backward_f32(embedding, examples, dx, gradient);
    else
        backward_f64(embedding, examples, dx, gradient);
}
