/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The linear map y = x W^T + b, rows of x and y are positions. */
#ifndef LLN_TRAIN_LINEAR_H
#define LLN_TRAIN_LINEAR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/matrix.h"

/* Parameters, or their gradients. */
typedef struct {
    lln_precision precision;
    size_t inputs, outputs;
    void *weight; /* [outputs x inputs] */
    void *bias;   /* [outputs] */
} lln_linear;

/* y [rows x outputs] from x [rows x inputs]; with `add`, it is added to y. */
void lln_linear_forward(const lln_linear *map, size_t rows, const void *x,
                        bool add, void *y);

/* From the gradient dy of y: writes the gradients of the parameters, and that
 * of x to dx unless it is NULL. sums: scratch of [outputs]. */
void lln_linear_backward(const lln_linear *map, size_t rows, const void *x,
                         const void *dy, const lln_linear *gradient, void *dx,
                         double *sums);

#endif
