/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of LLN attention share; not for others. */
#ifndef LLN_KERNEL_LLN_PARTS_H
#define LLN_KERNEL_LLN_PARTS_H

#include "kernel/attention.h"

/* The state of the attention. Notation: x = alpha q, y = beta k. */
typedef struct {
    double alpha, beta;
    lln_matrix q, k;
    double *top;   /* max_j y_jl [d] */
    double *norm;  /* ln sum_j exp(y_jl) [d], without a mask */
    double spread; /* max_l (max_j y_jl - min_j y_jl) */
    void *right;   /* [m x d], made by prepare */
} lln_state;

/* Sets product and transposed, where this attention has them: without a mask
 * or with a plain causal one. */
void lln_lln_set_products(lln_attention *attention);

#endif
