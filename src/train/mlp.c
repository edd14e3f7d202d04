/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/mlp.h"

#include "train/gelu.h"

void lln_mlp_forward(const lln_mlp *mlp, size_t rows, const void *y,
                     const lln_mlp_kept *kept, void *x)
{
    lln_linear_forward(&mlp->up, rows, y, false, kept->hidden);
    lln_gelu_forward(mlp->up.precision, rows * mlp->up.outputs, kept->hidden,
                     kept->slope);
    lln_linear_forward(&mlp->down, rows, kept->hidden, true, x);
}

void lln_mlp_backward(const lln_mlp *mlp, size_t rows, const void *y,
                      const lln_mlp_kept *kept, const void *dx,
                      const lln_mlp *gradient, void *dy, void *wide,
                      double *sums)
{
    lln_linear_backward(&mlp->down, rows, kept->hidden, dx, &gradient->down,
                        wide, sums);
    lln_gelu_backward(mlp->up.precision, rows * mlp->up.outputs, kept->slope,
                      wide);
    lln_linear_backward(&mlp->up, rows, y, wide, &gradient->up, dy, sums);
}
