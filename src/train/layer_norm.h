/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LayerNorm (Ba et al., 2016): each row minus its mean, divided by
 * sqrt(variance + 1e-5), times a gain, plus a bias. The variance has the
 * divisor `width`. */
#ifndef LLN_TRAIN_LAYER_NORM_H
#define LLN_TRAIN_LAYER_NORM_H

#include <stddef.h>

#include "core/matrix.h"

/* Parameters, or their gradients: [width] each. */
typedef struct {
    lln_precision precision;
    size_t width;
    void *gain, *bias;
} lln_layer_norm;

/* What forward() keeps for backward(). */
typedef struct {
    void *normal;  /* before gain and bias, [rows x width] */
    void *inverse; /* 1 / sqrt(variance + 1e-5), [rows] */
} lln_layer_norm_kept;

void lln_layer_norm_forward(const lln_layer_norm *norm, size_t rows,
                            const void *x, const lln_layer_norm_kept *kept,
                            void *y);

/* From the gradient dy of y: writes the gradients of the parameters, and adds
 * that of x to dx. sums: scratch of [2 width]. */
void lln_layer_norm_backward(const lln_layer_norm *norm, size_t rows,
                             const lln_layer_norm_kept *kept, const void *dy,
                             const lln_layer_norm *gradient, void *dx,
                             double *sums);

#endif
