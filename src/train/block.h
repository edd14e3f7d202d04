/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pre-norm block: x += attention(LayerNorm(x)), x += MLP(LayerNorm(x)). */
#ifndef LLN_TRAIN_BLOCK_H
#define LLN_TRAIN_BLOCK_H

#include "train/layer_norm.h"
#include "train/mlp.h"
#include "train/self_attention.h"

/* Parameters, or their gradients. */
typedef struct {
    lln_layer_norm norm1, norm2;
    lln_self_attention attention;
    lln_mlp mlp;
} lln_block;

/* What forward() keeps for backward(). y1 and y2 [rows x width]: results of the
 * norms. */
typedef struct {
    lln_layer_norm_kept norm1, norm2;
    void *y1, *y2;
    lln_self_attention_kept attention;
    lln_mlp_kept mlp;
} lln_block_kept;

/* Scratch. narrow: [rows x width]; wide: [rows x the larger of 3 width and the
 * hidden width of the MLP]; sums: [the columns of wide]; attention: scratch
 * of the attention of one head. */
typedef struct {
    void *narrow, *wide, *attention;
    double *sums;
} lln_block_scratch;

/* Replaces x [rows x width] by the result. */
void lln_block_forward(const lln_block *block,
                       const lln_self_attention_run *run,
                       const lln_block_kept *kept, void *x,
                       const lln_block_scratch *scratch);

/* Replaces dx, the gradient of the result, by that of x; writes the gradients
 * of the parameters. */
void lln_block_backward(const lln_block *block,
                        const lln_self_attention_run *run,
                        const lln_block_kept *kept, const lln_block *gradient,
                        void *dx, const lln_block_scratch *scratch);

#endif
