/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/pair_rows.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* A block should fit in the cache of a core, but matrix products of few rows
 * take longer: 16 rows of 16384 keys a fifth more than 64. */
enum {
    BLOCK_BYTES = 1 << 19,
    GOOD_ROWS = 64,
    MOST_BYTES = 4 << 20, /* with GOOD_ROWS */
    LEAST_ROWS = 16
};

size_t lln_pair_block_rows(size_t m, lln_precision precision, bool by_scores)
{
    size_t row = m * lln_precision_size(precision);
    size_t most = by_scores ? LLN_TILE_ROWS : GOOD_ROWS;
    size_t block = row > 0 ? BLOCK_BYTES / row : most;
    if (block < GOOD_ROWS)
        block = lln_size_smaller(MOST_BYTES / row, GOOD_ROWS);
    block = block < LEAST_ROWS ? LEAST_ROWS : block / 16 * 16;
    return block < most ? block : most;
}

lln_status lln_score_source_open(lln_attention *attention,
                                 lln_score_source *source)
{
    *source = (lln_score_source){0};
    if (attention->kind == LLN_ATTENTION_TILES) {
        source->tiles = attention;
    } else if (attention->rows.scores) {
        LLN_TRY(attention->rows.scores(attention, &source->given));
        source->tiles = &source->given.tiles;
        return LLN_OK;
    }
    return lln_attention_prepare(attention);
}

void lln_score_source_close(lln_score_source *source)
{
    lln_attention_close(&source->given.tiles);
}

bool lln_score_source_positive(const lln_score_source *source)
{
    return source->tiles && !source->given.zeros;
}

lln_status lln_score_block_open(const lln_score_source *source, size_t rows,
                                lln_score_block *block)
{
    const lln_attention *attention = source->tiles;
    size_t size = lln_precision_size(attention->precision), entries;
    *block = (lln_score_block){
        .most = rows, .zeros = source->given.zeros, .sums = source->given.sums};
    LLN_TRY(lln_tiles_open(attention, rows, &block->tiles));
    LLN_TRY(lln_size_multiply(rows, attention->m, &entries));
    block->panel = lln_array_alloc_raw(entries + LLN_TILE_SLACK, size);
    block->rows = lln_array_alloc(rows, sizeof *block->rows);
    block->states = lln_array_alloc(rows, sizeof *block->states);
    block->scratch = lln_array_alloc_raw(LLN_TILE_KEYS + LLN_TILE_SLACK, size);
    return block->panel && block->rows && block->states && block->scratch
               ? LLN_OK
               : LLN_ENOMEM;
}

void lln_score_block_close(lln_score_block *block)
{
    lln_tiles_close(&block->tiles);
    free(block->panel);
    free(block->rows);
    free(block->states);
    free(block->scratch);
    free(block->top);
    *block = (lln_score_block){0};
}

/* Adds the scores of a tile to the sums of row i. */
static void add_scores(lln_score_block *block, size_t i)
{
    const lln_tiles *tiles = &block->tiles;
    const lln_attention *attention = tiles->attention;
    const lln_logit_bias *bias = attention->tiles.rule.bias;
    size_t count = tiles->to[i] - tiles->from[i];
    bool single = attention->precision == LLN_FLOAT32;
    bool hides = bias && bias->hides;
    const lln_tile_kind kind = {.domain = attention->tiles.domain,
                                .single = single};
    void *scores = lln_tiles_row(tiles, i);
    if (hides || block->zeros) { /* the panel keeps the gaps */
        memcpy(block->scratch, scores,
               count * lln_precision_size(attention->precision));
        scores = block->scratch;
    }
    if (hides)
        count = lln_tile_drop_hidden(attention->precision, scores, count);
    if (block->zeros)
        count = single ? lln_tile_drop_zeros_f32(scores, count)
                       : lln_tile_drop_zeros_f64(scores, count);
    if (count > 0)
        lln_row_state_add(scores, count, kind, NULL, NULL, NULL,
                          &block->states[i]);
}

static void finish_row(lln_score_block *block, size_t i)
{
    const lln_tiles *tiles = &block->tiles;
    const lln_attention *attention = tiles->attention;
    const lln_row_state *state = &block->states[i];
    size_t at = i * attention->m + tiles->first[i];
    lln_row_scores *row = &block->rows[i];
    row->scores = lln_precision_at(attention->precision, block->panel, at);
    row->domain = attention->tiles.domain;
    row->top = NULL;
    row->max = state->count > 0 ? state->reference : -INFINITY;
    row->log_norm = log1p(state->rest + (state->ties - 1));
    row->gaps = attention->tiles.rule.bias && attention->tiles.rule.bias->hides;
    if (block->sums)
        row->sum = block->sums[tiles->queries[i]];
    else
        row->sum = 1 - lln_attention_outside(attention, tiles->queries[i],
                                             state->max + row->log_norm);
}

void lln_score_block_fill(lln_score_block *block, const size_t *queries,
                          size_t first, size_t rows)
{
    lln_tiles *tiles = &block->tiles;
    lln_tiles_start_into(tiles, queries, first, rows, block->panel);
    for (size_t i = 0; i < rows; i++)
        block->states[i] = (lln_row_state){0};
    while (lln_tiles_next(tiles))
        for (size_t i = 0; i < rows; i++)
            if (tiles->to[i] > tiles->from[i])
                add_scores(block, i);
    for (size_t i = 0; i < rows; i++)
        finish_row(block, i);
}

lln_status lln_score_block_settle(lln_score_block *block, size_t rows,
                                  size_t top)
{
    const lln_tiles *tiles = &block->tiles;
    lln_precision precision = tiles->attention->precision;
    if (top > 0 && !block->top)
        block->top = lln_array_alloc(block->most * top, sizeof *block->top);
    if (top > 0 && !block->top)
        return LLN_ENOMEM;
    for (size_t i = 0; i < rows; i++) {
        lln_row_scores *row = &block->rows[i];
        size_t count = tiles->end[i] - tiles->first[i];
        row->top = NULL;
        if (top > 0 && count > 0 && !row->gaps) {
            size_t *keys = block->top + i * top;
            lln_row_scores_top(precision, row, count,
                               lln_size_smaller(top, count), keys);
            row->top = keys;
        }
        (void)lln_row_scores_take_logs(precision, row, count);
    }
    return LLN_OK;
}

void lln_rows_multiply(const void *panel, size_t rows, lln_matrix values,
                       void *out)
{
    int m = (int)values.rows, columns = (int)values.columns;
    if (values.precision == LLN_FLOAT32)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows,
                    columns, m, 1, panel, m, values.data, columns, 0, out,
                    columns);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows,
                    columns, m, 1, panel, m, values.data, columns, 0, out,
                    columns);
}

void lln_score_block_weigh(lln_score_block *block, size_t rows)
{
    const lln_tiles *tiles = &block->tiles;
    const lln_attention *attention = tiles->attention;
    size_t size = lln_precision_size(attention->precision), m = attention->m;
    for (size_t i = 0; i < rows; i++) {
        char *row = (char *)block->panel + i * m * size;
        size_t first = tiles->first[i], end = tiles->end[i];
        memset(row, 0, first * size);
        memset(row + end * size, 0, (m - end) * size);
        lln_row_scores_take_weights(attention->precision, &block->rows[i],
                                    end - first);
    }
}
