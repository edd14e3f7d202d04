/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Iteration over attention by tiles: one block of rows at a time and, in it,
 * one tile of keys at a time.
 *     lln_tiles_start(&tiles, queries, first, rows);
 *     while (lln_tiles_next(&tiles))
 *         ... for each row i, scores of keys key + from[i] .. key + to[i] - 1
 * Each thread has its own lln_tiles. Example: row 700 of causal attention with
 * n = m sees keys 0 .. 700; its second tile has key = 512, from = 0, to =
 * 189. */
#ifndef LLN_KERNEL_TILES_H
#define LLN_KERNEL_TILES_H

#include "kernel/attention.h"

/* A tile of scores and the packed queries fit in the second-level cache: 192 x
 * 512 float32 are 384 KiB. A tile has so few keys that float32 sums over them
 * stay accurate. Public so that a benchmark can time products of the same
 * size. */
enum { LLN_TILE_ROWS = 192, LLN_TILE_KEYS = 512 };

/* Scores that loops over vectors may read after a tile of their own. */
enum { LLN_TILE_SLACK = 16 };

typedef struct {
    const lln_attention *attention;
    void *packed; /* left factors of the block; owned */
    void *room;   /* for the scores of a tile; owned */

    /* The block: keys first[i] .. end[i] - 1 are allowed for row i; low is the
     * smallest first[i], high the largest end[i]. */
    size_t rows, low, high;
    size_t queries[LLN_TILE_ROWS];
    size_t first[LLN_TILE_ROWS], end[LLN_TILE_ROWS];

    /* The tile: scores [rows x keys] of keys key .. key + keys - 1, without the
     * mask, in the precision of the attention, `stride` elements from one row
     * to the next. Row i may see columns from[i] .. to[i] - 1; if it may see
     * none, from[i] = to[i] <= keys. */
    size_t key, keys, stride;
    void *scores;
    size_t from[LLN_TILE_ROWS], to[LLN_TILE_ROWS];

    void *matrix; /* receives the scores, see lln_tiles_start_into; or NULL */
} lln_tiles;

/* A number of rows for the blocks of `count` rows, at most LLN_TILE_ROWS: the
 * blocks are nearly equal and their number is even, so that two threads have
 * the same work. Up to 64 rows are one block. */
size_t lln_tiles_block_rows(size_t count);

/* Allocates memory for blocks of at most `rows` <= LLN_TILE_ROWS rows and for
 * the scores of a tile. The caller must call lln_tiles_close, also if this
 * fails. The attention must be prepared. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_tiles_open(const lln_attention *attention,
                                        size_t rows, lln_tiles *tiles);

/* Releases the memory; a zeroed struct is legal. */
void lln_tiles_close(lln_tiles *tiles);

/* Starts a block: rows queries[0 .. rows - 1] or, if queries is NULL, rows
 * first .. first + rows - 1. */
void lln_tiles_start(lln_tiles *tiles, const size_t *queries, size_t first,
                     size_t rows);

/* The same, and writes the scores to their columns of matrix [rows x m]. Tiles
 * begin at multiples of LLN_TILE_KEYS, so that a key is in the same tile for
 * all blocks. */
void lln_tiles_start_into(lln_tiles *tiles, const size_t *queries, size_t first,
                          size_t rows, void *matrix);

/* Computes the scores of the next tile of the block. Returns false if there is
 * none or if lln_stop_requested is set. */
bool lln_tiles_next(lln_tiles *tiles);

/* The scores of row i of the tile, beginning at column from[i]. */
void *lln_tiles_row(const lln_tiles *tiles, size_t i);

#endif
