/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/cross_entropy.h"

#include <math.h>

#include "core/vector_math.h"

#define LLN_BODY "train/cross_entropy.inc"
#include "core/both_precisions.h"

void lln_cross_entropy_add(lln_precision precision, size_t rows, size_t classes,
                           void *logits, const int32_t *answers, double scale,
                           lln_cross_entropy *sum)
{
    if (precision == LLN_FLOAT32)
        add_f32(rows, classes, logits, answers, scale, sum);
    else
        add_f64(rows, classes, logits, answers, scale, sum);
}
