/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/operator_blocks.h"

#include <math.h>

#include "measure/operator_rows.h"

typedef struct lln_operator_block row_block;

size_t lln_operator_element_size(const lln_operator *op)
{
    return lln_precision_size(op->precision);
}

bool lln_operator_narrows(const lln_operator *op)
{
    return op->precision != op->attention->precision;
}

/* Computes entries of attention by rows: [rows x m], float64. */
static lln_status make_entries(const lln_operator *op, row_block *block,
                               void *out, double *scale)
{
    for (size_t i = 0; i < block->rows; i++)
        scale[i] = 1;
    return op->attention->rows.make(op->attention, block->first, block->rows,
                                    out);
}

/* Rounds the weights of a block to float32, out [rows x m], which may be the
 * same memory. Sets scale so that the rounded rows sum to 1 or, with a sink, to
 * the same as before. */
static void narrow_block(const lln_operator *op, row_block *block, float *out,
                         double *scale)
{
    for (size_t i = 0; i < block->rows; i++) {
        const double *from = (const double *)block->weights + i * op->m;
        double sum = 0, before = 0;
        for (size_t j = 0; j < op->m; j++) {
            float weight = j < block->columns ? (float)from[j] : 0;
            before += j < block->columns ? from[j] : 0;
            out[i * op->m + j] = weight;
            sum += (double)weight;
        }
        bool sink = op->attention->tiles.rule.has_sink;
        scale[i] = sum > 0 ? (sink ? scale[i] * before : 1) / sum : 0;
    }
    block->weights = out;
}

/* Computes the weights of a block in `out` [rows x m], in the precision of the
 * attention. */
static lln_status make_block(const lln_operator *op,
                             struct lln_operator_work *work, row_block *block,
                             void *out, double *scale)
{
    const lln_attention *attention = op->attention;
    lln_tiles *tiles = &work->tiles;
    block->weights = out;
    block->scale = scale;
    block->columns = op->m;
    if (attention->kind == LLN_ATTENTION_ROWS)
        return make_entries(op, block, out, scale);
    lln_tiles_start_into(tiles, NULL, block->first, block->rows, out);
    while (lln_tiles_next(tiles))
        continue;
    block->columns = tiles->high;
    for (size_t i = 0; i < block->rows; i++) {
        double max;
        void *row = lln_precision_at(attention->precision, out, i * op->m);
        lln_operator_weights(attention->precision, attention->tiles.domain, row,
                             tiles->first[i], tiles->end[i], block->columns,
                             &scale[i], &max);
        scale[i] *= 1 - lln_attention_outside(attention, block->first + i,
                                              max - log(scale[i]));
    }
    return LLN_OK;
}

/* The same in the precision of the operator. */
lln_status lln_operator_fill_block(const lln_operator *op,
                                   struct lln_operator_work *work,
                                   row_block *block, void *out, double *scale)
{
    if (!lln_operator_narrows(op))
        return make_block(op, work, block, out, scale);
    LLN_TRY(make_block(op, work, block, work->weights, scale));
    narrow_block(op, block, out, scale);
    return LLN_OK;
}

size_t lln_operator_count_blocks(const lln_operator *op)
{
    return (op->n + LLN_OPERATOR_BLOCK_ROWS - 1) / LLN_OPERATOR_BLOCK_ROWS;
}

row_block lln_operator_block_at(const lln_operator *op, size_t number)
{
    row_block block = {.first = number * LLN_OPERATOR_BLOCK_ROWS,
                       .rows = LLN_OPERATOR_BLOCK_ROWS};
    if (block.first + block.rows > op->n)
        block.rows = op->n - block.first;
    return block;
}
