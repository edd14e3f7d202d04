/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The walk over attention by tiles: a block of rows at a time, in it a tile of
 * keys at a time.
 *     lln_tiles_start(&tiles, queries, first, rows);
 *     while (lln_tiles_next(&tiles))
 *         ... for each row i, scores of keys key + from[i] .. key + to[i] - 1
 * Each thread has a walk of its own. */
#ifndef LLN_KERNEL_TILES_H
#define LLN_KERNEL_TILES_H

#include "kernel/attention.h"

/* A tile of scores, and the packed queries it is made from, stay in the
 * second-level cache: 192 x 512 float32 are 384 KiB. Its keys are so few that
 * sums over them keep their digits in float32. Public so that a benchmark can
 * time the products of the same tiles. */
enum { LLN_TILE_ROWS = 192, LLN_TILE_KEYS = 512 };

typedef struct {
    const lln_attention *attention;
    void *packed; /* left factors of the block, owned */
    void *room;   /* for the scores of a tile, owned */

    /* The block: keys first[i] .. end[i] - 1 are allowed for row i, and none
     * is below low or from high on for any row. */
    size_t rows, low, high;
    size_t queries[LLN_TILE_ROWS];
    size_t first[LLN_TILE_ROWS], end[LLN_TILE_ROWS];

    /* The tile: scores [rows x keys] of keys key .. key + keys - 1, `stride`
     * elements from one row to the next, in the precision of the attention,
     * not masked. Row i has those from column from[i] to to[i] - 1 of it; if
     * it has none, from[i] = to[i] <= keys. */
    size_t key, keys, stride;
    void *scores;
    size_t from[LLN_TILE_ROWS], to[LLN_TILE_ROWS];

    void *matrix; /* that scores go to, see lln_tiles_start_into; or NULL */
} lln_tiles;

/* Makes room for blocks of at most `rows` <= LLN_TILE_ROWS rows and for the
 * scores of a tile; the caller releases it with lln_tiles_close, also if this
 * fails. The attention must be prepared. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_tiles_open(const lln_attention *attention,
                                        size_t rows, lln_tiles *tiles);

/* Releases; a zeroed walk is legal. */
void lln_tiles_close(lln_tiles *tiles);

/* Starts a block: the rows of queries[0 .. rows - 1], or, if that is NULL, of
 * first .. first + rows - 1. */
void lln_tiles_start(lln_tiles *tiles, const size_t *queries, size_t first,
                     size_t rows);

/* Starts the block of rows first .. first + rows - 1, whose scores go to their
 * columns of matrix [rows x m]. Tiles begin at multiples of LLN_TILE_KEYS, so
 * that a key is in the same tile for all blocks. */
void lln_tiles_start_into(lln_tiles *tiles, size_t first, size_t rows,
                          void *matrix);

/* Makes the scores of the next tile of the block. False: there is none, or it
 * is not made because lln_stop_requested is set. */
bool lln_tiles_next(lln_tiles *tiles);

/* The scores of row i of the tile from column from[i] on. */
void *lln_tiles_row(const lln_tiles *tiles, size_t i);

#endif
