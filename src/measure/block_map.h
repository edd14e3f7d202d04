/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A small picture of P: its entries pooled over blocks of queries and keys.
 * Example: the rows (1, 0, 0), (1/2, 1/2, 0), (1/4, 1/4, 1/2) in 2 x 2 blocks,
 * divided after the first row and the first key, have the means 1, 0 and 3/8,
 * 5/16, and the largest entries 1, 0 and 1/2, 1/2. */
#ifndef LLN_MEASURE_BLOCK_MAP_H
#define LLN_MEASURE_BLOCK_MAP_H

#include "kernel/attention.h"

typedef enum {
    LLN_POOL_MEAN,
    LLN_POOL_MAX,
    LLN_POOLS /* number of them */
} lln_pool;

/* "mean" and "max", ended by NULL. */
extern const char *const lln_pool_names[];

/* The kind with this name. LLN_EINVAL: there is none. */
LLN_NODISCARD lln_status lln_pool_find(const char *name, lln_pool *pool);

/* Divides an axis of `tokens` tokens into `blocks` blocks, 1 <= blocks <=
 * tokens < 2^32: block b begins at token floor(b tokens / blocks). Those of P
 * are tokens first, first + 1, ...; the others are padding. */
typedef struct {
    size_t blocks, tokens, first;
} lln_block_axis;

/* The axis of a number of tokens, with at most `blocks` blocks. */
lln_block_axis lln_block_axis_of(size_t blocks, size_t tokens, size_t first);

/* The first token of block b <= blocks, among those of P: in 0 .. count, where
 * P has `count` tokens. */
size_t lln_block_begin(const lln_block_axis *axis, size_t b, size_t count);

/* map [queries.blocks x keys.blocks]: the mean or the largest of the entries of
 * P in each block. All entries of P count, as a picture of P shows them: those
 * that the mask hides are 0. So are blocks of padding alone. With LLN_POOL_MEAN
 * the sum of all entries, each times the number of entries in its block, is the
 * sum of P. One pass over P in its precision; sums are float64. Memory is that
 * of the pass (panels.h) and of at most LLN_PANEL_GROUPS + 1 maps.
 * LLN_EINVAL: an axis that does not contain P, or blocks out of range;
 * LLN_ENOMEM; LLN_EINTERRUPTED; the statuses of the attention. */
LLN_NODISCARD lln_status lln_block_map_measure(lln_attention *attention,
                                               const lln_block_axis *queries,
                                               const lln_block_axis *keys,
                                               lln_pool pool, double *map);

#endif
