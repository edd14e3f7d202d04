/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/tiles.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"

static size_t element(const lln_tiles *tiles)
{
    return lln_precision_size(tiles->attention->precision);
}

size_t lln_tiles_block_rows(size_t count)
{
    enum { WHOLE = 64, UNIT = 16 }; /* rows that products handle together */
    size_t blocks = (count + LLN_TILE_ROWS - 1) / LLN_TILE_ROWS;
    if (count <= WHOLE)
        return WHOLE;
    blocks += blocks % 2;
    size_t rows = (count + blocks - 1) / blocks;
    return (rows + UNIT - 1) / UNIT * UNIT;
}

lln_status lln_tiles_open(const lln_attention *attention, size_t rows,
                          lln_tiles *tiles)
{
    *tiles = (lln_tiles){.attention = attention};
    tiles->packed = lln_array_alloc_raw(rows * attention->rank, element(tiles));
    tiles->room = lln_array_alloc_raw(rows * LLN_TILE_KEYS + LLN_TILE_SLACK,
                                      element(tiles));
    return tiles->packed && tiles->room ? LLN_OK : LLN_ENOMEM;
}

void lln_tiles_close(lln_tiles *tiles)
{
    free(tiles->packed);
    free(tiles->room);
    *tiles = (lln_tiles){0};
}

void lln_tiles_start(lln_tiles *tiles, const size_t *queries, size_t first,
                     size_t rows)
{
    const lln_attention *attention = tiles->attention;
    size_t *list = tiles->queries;
    tiles->rows = rows;
    tiles->low = attention->m;
    tiles->high = 0;
    tiles->matrix = NULL;
    for (size_t i = 0; i < rows; i++) {
        list[i] = queries ? queries[i] : first + i;
        lln_mask_keys(attention->mask, attention->n, attention->m, list[i],
                      &tiles->first[i], &tiles->end[i]);
        tiles->low = lln_size_smaller(tiles->first[i], tiles->low);
        if (tiles->end[i] > tiles->high)
            tiles->high = tiles->end[i];
    }
    tiles->key = tiles->low;
    tiles->keys = 0;
    lln_attention_pack(attention, list, rows, tiles->packed);
}

void lln_tiles_start_into(lln_tiles *tiles, const size_t *queries, size_t first,
                          size_t rows, void *matrix)
{
    lln_tiles_start(tiles, queries, first, rows);
    tiles->key -= tiles->key % LLN_TILE_KEYS;
    tiles->matrix = matrix;
}

/* Sets the columns of the tile that each row may see. */
static void clip(lln_tiles *tiles)
{
    size_t start = tiles->key, keys = tiles->keys;
    for (size_t i = 0; i < tiles->rows; i++) {
        size_t first = tiles->first[i], end = tiles->end[i];
        size_t from = first > start ? first - start : 0;
        size_t to = end > start ? lln_size_smaller(end - start, keys) : 0;
        tiles->to[i] = to;
        tiles->from[i] = lln_size_smaller(from, to);
    }
}

bool lln_tiles_next(lln_tiles *tiles)
{
    const lln_attention *attention = tiles->attention;
    size_t key = tiles->key + tiles->keys;
    if (key >= tiles->high || lln_stop_requested)
        return false;
    tiles->key = key;
    tiles->keys = lln_size_smaller(tiles->high - key, LLN_TILE_KEYS);
    tiles->scores = tiles->room;
    tiles->stride = tiles->keys;
    if (tiles->matrix) {
        tiles->scores =
            lln_precision_at(attention->precision, tiles->matrix, key);
        tiles->stride = attention->m;
    }
    lln_attention_tile(attention, tiles->queries, tiles->packed, tiles->rows,
                       key, tiles->keys, tiles->stride, tiles->scores);
    clip(tiles);
    return true;
}

void *lln_tiles_row(const lln_tiles *tiles, size_t i)
{
    size_t at = i * tiles->stride + tiles->from[i];
    return lln_precision_at(tiles->attention->precision, tiles->scores, at);
}
