/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/block.h"

void lln_block_forward(const lln_block *block,
                       const lln_self_attention_run *run,
                       const lln_block_kept *kept, void *x,
                       const lln_block_scratch *scratch)
{
    size_t rows = run->examples * run->extent.tokens;
    lln_layer_norm_forward(&block->norm1, rows, x, &kept->norm1, kept->y1);
    lln_self_attention_forward(&block->attention, run, kept->y1,
                               &kept->attention, x, scratch->attention);
    lln_layer_norm_forward(&block->norm2, rows, x, &kept->norm2, kept->y2);
    lln_mlp_forward(&block->mlp, rows, kept->y2, &kept->mlp, x);
}

void lln_block_backward(const lln_block *block,
                        const lln_self_attention_run *run,
                        const lln_block_kept *kept, const lln_block *gradient,
                        void *dx, const lln_block_scratch *scratch)
{
    size_t rows = run->examples * run->extent.tokens;
    void *dy = scratch->narrow;
    lln_mlp_backward(&block->mlp, rows, kept->y2, &kept->mlp, dx,
                     &gradient->mlp, dy, scratch->wide, scratch->sums);
    lln_layer_norm_backward(&block->norm2, rows, &kept->norm2, dy,
                            &gradient->norm2, dx, scratch->sums);
    lln_self_attention_backward(&block->attention, run, kept->y1,
                                &kept->attention, dx, &gradient->attention, dy,
                                scratch->wide, scratch->attention,
                                scratch->sums);
    lln_layer_norm_backward(&block->norm1, rows, &kept->norm1, dy,
                            &gradient->norm1, dx, scratch->sums);
}
