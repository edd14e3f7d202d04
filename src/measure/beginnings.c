/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/beginnings.h"

#include <stdlib.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "kernel/tiles.h"
#include "measure/row_finish.h"
#include "measure/row_state.h"

typedef struct {
    const lln_attention *attention; /* of the keys that are needed */
    const size_t *queries;
    size_t count;
    const lln_beginning *at;
    size_t lengths;
    lln_row *const *out;
} pass;

/* Scratch of one thread. */
typedef struct {
    lln_tiles tiles;
    lln_row_state rows[LLN_TILE_ROWS];
    size_t next[LLN_TILE_ROWS]; /* the first beginning without its row */
} workspace;

/* Adds scores of a row, from column `from` of the tile to `to`. */
static void add_piece(workspace *work, size_t i, size_t from, size_t to)
{
    const lln_tiles *tile = &work->tiles;
    const lln_attention *attention = tile->attention;
    bool single = attention->precision == LLN_FLOAT32;
    lln_tile_kind kind = {.domain = attention->tiles.domain, .single = single};
    const lln_logit_bias *bias = attention->tiles.rule.bias;
    size_t count = to - from, skipped = from - tile->from[i];
    size_t bytes = lln_precision_size(attention->precision);
    void *scores = (char *)lln_tiles_row(tile, i) + skipped * bytes;
    if (bias && bias->hides && count > 0)
        count = lln_tile_drop_hidden(attention->precision, scores, count);
    if (count > 0)
        lln_row_state_add(scores, count, kind, NULL, NULL, NULL,
                          &work->rows[i]);
}

/* Notes the row of the next beginning, whose scores have all been added. */
static void note_row(const pass *of, workspace *work, size_t start, size_t i)
{
    size_t query = work->tiles.queries[i];
    of->out[work->next[i]++][start + i] =
        lln_row_finish(of->attention, query, &work->rows[i], LLN_ROW_ENTROPY);
}

/* Adds the scores of a row in the tile, and notes the row of each beginning
 * that ends there. */
static void add_row(const pass *of, workspace *work, size_t start, size_t i)
{
    const lln_tiles *tile = &work->tiles;
    size_t from = tile->from[i], to = tile->to[i];
    while (work->next[i] < of->lengths &&
           of->at[work->next[i]].keys < tile->key + to) {
        size_t end = of->at[work->next[i]].keys;
        size_t cut = end > tile->key + from ? end - tile->key : from;
        add_piece(work, i, from, cut);
        note_row(of, work, start, i);
        from = cut;
    }
    add_piece(work, i, from, to);
}

/* The first beginning that has the query. */
static size_t first_with(const pass *of, size_t query)
{
    size_t t = 0;
    while (t < of->lengths && of->at[t].queries <= query)
        t++;
    return t;
}

/* Measures rows start .. start + rows - 1 of the list. */
static void measure_block(const pass *of, size_t start, size_t rows,
                          workspace *work)
{
    lln_tiles_start(&work->tiles, of->queries ? of->queries + start : NULL,
                    start, rows);
    for (size_t i = 0; i < rows; i++) {
        work->rows[i] = (lln_row_state){0};
        work->next[i] = first_with(of, work->tiles.queries[i]);
    }
    while (lln_tiles_next(&work->tiles))
        for (size_t i = 0; i < rows; i++)
            add_row(of, work, start, i);
    for (size_t i = 0; i < rows && !lln_stop_requested; i++)
        while (work->next[i] < of->lengths)
            note_row(of, work, start, i);
}

static void workspace_free(workspace *work)
{
    if (work)
        lln_tiles_close(&work->tiles);
    free(work);
}

/* Returns NULL if memory runs out. */
static workspace *workspace_alloc(const pass *of)
{
    workspace *work = lln_array_alloc(1, sizeof *work);
    if (!work ||
        lln_tiles_open(of->attention, LLN_TILE_ROWS, &work->tiles) == LLN_OK)
        return work;
    workspace_free(work);
    return NULL;
}

/* Rows of a block: fewer if there are few, so that no thread is idle. */
static size_t block_rows(size_t count)
{
    size_t share = count / 16;
    return share < 64 ? 64 : lln_size_smaller(share, LLN_TILE_ROWS);
}

static lln_status run_pass(const pass *of)
{
    size_t block = block_rows(of->count);
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += of->count;
#pragma omp parallel
    {
        workspace *work = workspace_alloc(of);
        lln_failure_note(&failure, 0, work ? LLN_OK : LLN_ENOMEM);
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < of->count; start += block) {
            size_t here = lln_size_smaller(of->count - start, block);
            if (start < failure.item && !lln_stop_requested)
                measure_block(of, start, here, work);
            lln_rows_done += here;
        }
        workspace_free(work);
    }
    LLN_TRY(lln_failure_report(&failure));
    return lln_threads_check_stop();
}

lln_status lln_beginnings_measure(lln_attention *attention,
                                  const size_t *queries, size_t count,
                                  const lln_beginning *at, size_t lengths,
                                  lln_row *const *out)
{
    pass of = {attention, queries, count, at, lengths, out};
    if (attention->kind != LLN_ATTENTION_TILES)
        return lln_fail(LLN_EINVAL, "beginnings need attention by tiles");
    while (of.lengths > 0 && of.at[of.lengths - 1].queries == 0)
        of.lengths--;
    if (of.lengths == 0)
        return LLN_OK;
    LLN_TRY(lln_attention_prepare(attention));
    /* Keys after the longest beginning are not computed. */
    lln_attention needed = *attention;
    needed.n = of.at[of.lengths - 1].queries;
    needed.m = of.at[of.lengths - 1].keys;
    of.attention = &needed;
    while (of.count > 0 &&
           (queries ? queries[of.count - 1] : of.count - 1) >= needed.n)
        of.count--;
    return run_pass(&of);
}
