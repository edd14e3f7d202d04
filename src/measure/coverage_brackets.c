/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/coverage_brackets.h"

#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "kernel/tiles.h"
#include "measure/tile_sums.h"

#define LLN_BODY "measure/coverage_brackets.inc"
#include "core/both_precisions.h"

/* Scratch of one thread. */
typedef struct {
    lln_tiles tiles;
    lln_coverage_bins bins[LLN_TILE_ROWS];
    double total[LLN_TILE_ROWS], keys[LLN_TILE_ROWS];
    lln_coverage_counters counters;
    uint8_t index[LLN_TILE_KEYS];
} workspace;

typedef struct {
    const lln_attention *attention;
    const size_t *queries; /* NULL: all */
    const lln_row *rows;   /* [count], with their largest scores */
    lln_coverage_take *take;
    void *context;
} sweep;

static workspace *workspace_alloc(const lln_attention *attention)
{
    workspace *work = lln_array_alloc(1, sizeof *work);
    if (work &&
        lln_tiles_open(attention, LLN_TILE_ROWS, &work->tiles) == LLN_OK)
        return work;
    if (work)
        lln_tiles_close(&work->tiles);
    free(work);
    return NULL;
}

static void workspace_free(workspace *work)
{
    if (work)
        lln_tiles_close(&work->tiles);
    free(work);
}

static void add_tile(workspace *work, const lln_row *rows)
{
    const lln_tiles *tile = &work->tiles;
    const lln_attention *attention = tile->attention;
    const lln_logit_bias *bias = attention->tiles.rule.bias;
    bool single = attention->precision == LLN_FLOAT32;
    for (size_t i = 0; i < tile->rows; i++) {
        size_t count = tile->to[i] - tile->from[i];
        void *scores = lln_tiles_row(tile, i);
        if (count > 0 && bias && bias->hides)
            count = lln_tile_drop_hidden(attention->precision, scores, count);
        if (count == 0)
            continue;
        work->total[i] +=
            single
                ? weigh_f32(scores, count, attention->tiles.domain, rows[i].max)
                : weigh_f64(scores, count, attention->tiles.domain,
                            rows[i].max);
        work->keys[i] += (double)count;
        lln_coverage_bins_add(&work->bins[i], scores, count, work->index,
                              &work->counters);
    }
}

static void run_block(const sweep *of, size_t start, size_t rows,
                      workspace *work)
{
    lln_tiles_start(&work->tiles, of->queries ? of->queries + start : NULL,
                    start, rows);
    for (size_t i = 0; i < rows; i++) {
        lln_coverage_bins_start(of->attention->precision, 1, 0, &work->bins[i]);
        work->total[i] = work->keys[i] = 0;
    }
    while (lln_tiles_next(&work->tiles))
        add_tile(work, of->rows + start);
    for (size_t i = 0; i < rows && !lln_stop_requested; i++)
        if (work->keys[i] > 0)
            of->take(of->context, start + i, &work->bins[i], work->keys[i],
                     work->total[i]);
}

static lln_status count_weights(const sweep *of, size_t count)
{
    lln_failure failure = LLN_NO_FAILURE;
#pragma omp parallel
    {
        workspace *work = workspace_alloc(of->attention);
        lln_failure_note(&failure, 0, work ? LLN_OK : LLN_ENOMEM);
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < count; start += LLN_TILE_ROWS) {
            size_t here = lln_size_smaller(count - start, LLN_TILE_ROWS);
            if (start < failure.item && !lln_stop_requested)
                run_block(of, start, here, work);
            lln_rows_done += here;
        }
        workspace_free(work);
    }
    return lln_failure_report(&failure);
}

lln_status lln_coverage_brackets(lln_attention *attention,
                                 const size_t *queries, size_t count,
                                 unsigned what, lln_row *rows,
                                 lln_coverage_take *take, void *context)
{
    lln_row *own;
    LLN_TRY(lln_rows_alloc(attention, queries, &count, &own));
    lln_status status = lln_rows_measure(attention, queries, count, what, own);
    const sweep of = {attention, queries, own, take, context};
    if (status == LLN_OK) {
        lln_rows_begun += count;
        status = count_weights(&of, count);
    }
    if (rows)
        memcpy(rows, own, count * sizeof *rows);
    free(own);
    return status == LLN_OK ? lln_threads_check_stop() : status;
}
