/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two linear maps with GELU between them. */
#ifndef LLN_TRAIN_MLP_H
#define LLN_TRAIN_MLP_H

#include "train/linear.h"

/* Parameters, or their gradients. */
typedef struct {
    lln_linear up, down;
} lln_mlp;

/* What forward() keeps for backward(), [rows x up.outputs] each. */
typedef struct {
    void *hidden; /* after GELU */
    void *slope;  /* derivative of GELU */
} lln_mlp_kept;

/* Adds the result, down(GELU(up(y))), for y [rows x width] to x of that shape.
 */
void lln_mlp_forward(const lln_mlp *mlp, size_t rows, const void *y,
                     const lln_mlp_kept *kept, void *x);

/* From the gradient dx of the result: writes the gradients of the parameters,
 * and that of y to dy. wide: scratch of [rows x up.outputs]; sums: of
 * [up.outputs], and at least [width]. */
void lln_mlp_backward(const lln_mlp *mlp, size_t rows, const void *y,
                      const lln_mlp_kept *kept, const void *dx,
                      const lln_mlp *gradient, void *dy, void *wide,
                      double *sums);

#endif
