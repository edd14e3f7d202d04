/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to operator*.c: the rows of P, computed a block at a time. */
#ifndef LLN_MEASURE_OPERATOR_BLOCKS_H
#define LLN_MEASURE_OPERATOR_BLOCKS_H

#include "kernel/tiles.h"
#include "measure/operator.h"

enum { LLN_OPERATOR_BLOCK_ROWS = 32 };

/* Rows first .. first + rows - 1 as weights [rows x m]. Columns from `columns`
 * on are zero in all of them. */
struct lln_operator_block {
    size_t first, rows, columns;
    const void *weights;
    const double *scale; /* [rows] */
};

/* Scratch of one thread. */
struct lln_operator_work {
    lln_tiles tiles;
    void *weights; /* [LLN_OPERATOR_BLOCK_ROWS x m] in the precision of the
                      attention; NULL if not needed */
    double scale[LLN_OPERATOR_BLOCK_ROWS];
};

/* Size of a weight in bytes. */
size_t lln_operator_element_size(const lln_operator *op);

/* Whether weights are computed in float64 and stored in float32. */
bool lln_operator_narrows(const lln_operator *op);

size_t lln_operator_count_blocks(const lln_operator *op);

/* Block `number`, without its weights. */
struct lln_operator_block lln_operator_block_at(const lln_operator *op,
                                                size_t number);

/* Computes the weights of a block in out [rows x m] and their scale [rows]. out
 * may be work->weights, which are needed if the operator narrows. LLN_ENOMEM;
 * the statuses of the attention. */
LLN_NODISCARD lln_status lln_operator_fill_block(
    const lln_operator *op, struct lln_operator_work *work,
    struct lln_operator_block *block, void *out, double *scale);

#endif
