/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/rows.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "kernel/tiles.h"
#include "measure/row_entries.h"
#include "measure/row_finish.h"
#include "measure/row_state.h"
#include "measure/rows_left_out.h"
#include "measure/tile_sums.h"

/* With a visitor, all scores of a block of rows are kept. Blocks have fewer
 * than LLN_TILE_ROWS rows if there are more than 87381 keys (192 x 87381
 * float32 are 64 MiB). */
enum { KEPT_BYTES = 64 << 20, LEAST_BLOCK = 64 };

typedef struct {
    unsigned what;
    lln_row_visit *visit; /* NULL: none */
    void *context;
    bool zeros; /* scores may be 0, which are no keys; not with a visitor */
    const lln_rows_left_out *left_out; /* NULL: none */
} row_pass;

/* Scratch of one thread. */
typedef struct {
    lln_tiles tiles;
    void *kept; /* scores of all keys, [rows x m], for a visitor */
    lln_row_state rows[LLN_TILE_ROWS];
    lln_group_rows *groups; /* NULL: no groups are left out */
    lln_pieces pieces;
    double weights[LLN_TILE_KEYS + LLN_PIECE_SLACK / sizeof(double)];
    double logs[LLN_TILE_KEYS + LLN_PIECE_SLACK / sizeof(double)];
} workspace;

/* Number of rows of a block. A sample of a few hundred rows is divided into
 * smaller blocks, so that no thread is idle; their size depends only on that of
 * the sample. */
static size_t block_rows(const lln_attention *attention, size_t count,
                         const row_pass *pass)
{
    size_t row = attention->m * lln_precision_size(attention->precision);
    size_t block = lln_tiles_block_rows(count), share = count / 16;
    if (count < attention->n && share < LLN_TILE_ROWS)
        block = share < LEAST_BLOCK ? LEAST_BLOCK : share / 16 * 16;
    if (!pass->visit || row * block <= KEPT_BYTES)
        return block;
    return row < KEPT_BYTES ? KEPT_BYTES / row : 1;
}

static void workspace_free(workspace *work)
{
    if (!work)
        return;
    lln_tiles_close(&work->tiles);
    lln_group_rows_free(work->groups);
    free(work->kept);
    free(work);
}

/* Returns NULL if memory runs out. */
static workspace *workspace_alloc(const lln_attention *attention, size_t rows,
                                  const row_pass *pass)
{
    workspace *work = lln_array_alloc(1, sizeof *work);
    if (!work)
        return NULL;
    size_t size = lln_precision_size(attention->precision);
    lln_status status = lln_tiles_open(attention, rows, &work->tiles);
    if (pass->visit)
        work->kept = lln_array_alloc_raw(rows * attention->m, size);
    if (status == LLN_OK && pass->left_out)
        status =
            lln_group_rows_open(pass->left_out->groups, rows,
                                pass->what & LLN_ROW_MOMENTS, &work->groups);
    if (status == LLN_OK && (work->kept || !pass->visit))
        return work;
    workspace_free(work);
    return NULL;
}

static size_t drop_zeros(void *scores, size_t count, lln_tile_kind kind)
{
    return kind.single ? lln_tile_drop_zeros_f32(scores, count)
                       : lln_tile_drop_zeros_f64(scores, count);
}

/* Adds `count` scores of row i, also to the groups of their keys. */
static void add_row(workspace *work, size_t i, const void *scores, size_t count,
                    lln_tile_kind kind, void *kept)
{
    lln_row_state *row = &work->rows[i];
    void *weights = work->groups ? work->weights : NULL;
    lln_tile_sums sums =
        lln_row_state_add(scores, count, kind, kept, weights, work->logs, row);
    if (work->groups)
        lln_group_rows_add(work->groups, i, &work->pieces, scores, kind.domain,
                           kind.single, &sums);
}

/* Adds one tile, for all rows of the block. */
static void add_tile(workspace *work, const row_pass *pass)
{
    const lln_tiles *tile = &work->tiles;
    const lln_attention *attention = tile->attention;
    lln_tile_kind kind = {attention->tiles.domain,
                          attention->precision == LLN_FLOAT32,
                          (pass->what & (LLN_ROW_MOMENTS | LLN_ROW_SHAPE)) != 0,
                          (pass->what & LLN_ROW_SHAPE) != 0, false};
    size_t size = lln_precision_size(attention->precision);
    const lln_logit_bias *bias = attention->tiles.rule.bias;
    bool hides = bias && bias->hides;
    for (size_t i = 0; i < tile->rows; i++) {
        size_t from = tile->from[i], count = tile->to[i] - from;
        char *kept = work->kept;
        if (kept) /* after what is kept of the row */
            kept += (i * attention->m + tile->first[i] +
                     (size_t)work->rows[i].count) *
                    size;
        void *scores = lln_tiles_row(tile, i);
        if (pass->zeros)
            count = drop_zeros(scores, count, kind);
        if (work->groups)
            lln_pieces_cut(work->groups->groups, tile->key + from, count,
                           &work->pieces);
        if (work->groups && hides)
            count = lln_pieces_drop_hidden(&work->pieces, scores, kind.single);
        else if (hides)
            count = lln_tile_drop_hidden(attention->precision, scores, count);
        if (count > 0)
            add_row(work, i, scores, count, kind, kept);
    }
}

static void visit_row(const lln_attention *attention, const row_pass *pass,
                      const workspace *work, size_t i, size_t index,
                      const lln_row *row)
{
    size_t at = i * attention->m + work->tiles.first[i];
    lln_matrix scores = {attention->precision, 1, row->keys,
                         (const char *)work->kept +
                             at * lln_precision_size(attention->precision)};
    pass->visit(pass->context, omp_get_thread_num(), index, row, scores);
}

/* Passes on row i of a block, query `index`, without each group. */
static void leave_out(const row_pass *pass, workspace *work, size_t block,
                      size_t i, size_t index, const lln_row *row)
{
    double center = work->rows[i].moments.mean;
    const lln_left_out *left = lln_group_rows_finish(work->groups, i, center);
    pass->left_out->take(pass->left_out->context, block, index, row, left);
}

/* Measures rows start .. start + rows - 1 of the list, or of all rows if it is
 * NULL. */
static void measure_block(const lln_attention *attention, const size_t *list,
                          size_t start, size_t rows, size_t block,
                          const row_pass *pass, workspace *work, lln_row *out)
{
    lln_tiles_start(&work->tiles, list ? list + start : NULL, start, rows);
    for (size_t i = 0; i < rows; i++)
        work->rows[i] = (lln_row_state){0};
    if (work->groups)
        lln_group_rows_start(work->groups, rows);
    while (lln_tiles_next(&work->tiles))
        add_tile(work, pass);
    for (size_t i = 0; i < rows && !lln_stop_requested; i++) {
        out[start + i] =
            lln_row_finish(attention, list ? list[start + i] : start + i,
                           &work->rows[i], pass->what);
        if (pass->visit)
            visit_row(attention, pass, work, i, start + i, &out[start + i]);
        if (pass->left_out)
            leave_out(pass, work, block, i, start + i, &out[start + i]);
    }
}

/* The same for attention by rows. entries: scratch [(block + 1) x m]. */
static lln_status measure_entries(const lln_attention *attention,
                                  const size_t *list, size_t start, size_t rows,
                                  const row_pass *pass, double *entries,
                                  lln_row *out)
{
    size_t m = attention->m;
    double *logs = entries + rows * m;
    LLN_TRY(lln_attention_listed_rows(attention, list ? list + start : NULL,
                                      start, rows, entries));
    for (size_t i = 0; i < rows; i++, entries += m) {
        lln_row *row = &out[start + i];
        *row = lln_row_finish_entries(attention,
                                      list ? list[start + i] : start + i,
                                      entries, pass->what, logs);
        if (pass->visit)
            pass->visit(pass->context, omp_get_thread_num(), start + i, row,
                        (lln_matrix){LLN_FLOAT64, 1, row->keys, logs});
    }
    return LLN_OK;
}

static lln_status run_rows(lln_attention *attention, const size_t *queries,
                           size_t count, const row_pass *pass, lln_row *out)
{
    size_t block = lln_attention_block_rows(attention);
    lln_failure failure = LLN_NO_FAILURE;
#pragma omp parallel
    {
        double *entries =
            lln_array_alloc_raw((block + 1) * attention->m, sizeof *entries);
        lln_failure_note(&failure, 0, entries ? LLN_OK : LLN_ENOMEM);
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < count; start += block) {
            size_t here = lln_size_smaller(count - start, block);
            if (start < failure.item && !lln_stop_requested)
                lln_failure_note(&failure, start,
                                 measure_entries(attention, queries, start,
                                                 here, pass, entries, out));
            lln_rows_done += here;
        }
        free(entries);
    }
    return lln_failure_report(&failure);
}

static lln_status run_tiles(lln_attention *attention, const size_t *queries,
                            size_t count, const row_pass *pass, lln_row *out)
{
    size_t block = block_rows(attention, count, pass);
    lln_failure failure = LLN_NO_FAILURE;
    if (pass->left_out)
        LLN_TRY(pass->left_out->begin(pass->left_out->context,
                                      (count + block - 1) / block));
#pragma omp parallel
    {
        workspace *work = workspace_alloc(attention, block, pass);
        lln_failure_note(&failure, 0, work ? LLN_OK : LLN_ENOMEM);
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < count; start += block) {
            size_t here = lln_size_smaller(count - start, block);
            if (start < failure.item && !lln_stop_requested)
                measure_block(attention, queries, start, here, start / block,
                              pass, work, out);
            lln_rows_done += here;
        }
        workspace_free(work);
    }
    return lln_failure_report(&failure);
}

/* Measures the entropy of attention by rows from tiles of its scores. */
static lln_status run_scores(const lln_attention *attention,
                             const size_t *queries, size_t count,
                             const row_pass *pass, lln_row *out)
{
    lln_attention_scores scores;
    row_pass positive = *pass;
    LLN_TRY(attention->rows.scores(attention, &scores));
    positive.zeros = scores.zeros;
    lln_status status =
        run_tiles(&scores.tiles, queries, count, &positive, out);
    lln_attention_close(&scores.tiles);
    for (size_t i = 0; status == LLN_OK && i < count; i++)
        lln_row_scale(&out[i], scores.sums[queries ? queries[i] : i]);
    return status;
}

static lln_status check_rows(size_t n, const size_t *queries, size_t count)
{
    if (!queries && count > n)
        return lln_fail(LLN_EINVAL, "%zu rows, expected at most %zu", count, n);
    for (size_t i = 0; queries && i < count; i++)
        if (queries[i] >= n)
            return lln_fail(LLN_EINVAL, "row %zu, expected one below %zu",
                            queries[i], n);
    return LLN_OK;
}

static lln_status run_pass(lln_attention *attention, const size_t *queries,
                           size_t count, const row_pass *pass, lln_row *out)
{
    LLN_TRY(check_rows(attention->n, queries, count));
    bool moments = pass->what & (LLN_ROW_MOMENTS | LLN_ROW_SHAPE);
    lln_rows_begun += count;
    bool rows = attention->kind == LLN_ATTENTION_ROWS;
    if (rows && attention->rows.scores && !moments) {
        LLN_TRY(run_scores(attention, queries, count, pass, out));
        return lln_threads_check_stop();
    }
    LLN_TRY(lln_attention_prepare(attention));
    LLN_TRY(rows ? run_rows(attention, queries, count, pass, out)
                 : run_tiles(attention, queries, count, pass, out));
    return lln_threads_check_stop();
}

lln_status lln_rows_alloc(const lln_attention *attention, const size_t *queries,
                          size_t *count, lln_row **out)
{
    *count = queries ? *count : attention->n;
    if (*count == 0)
        return lln_fail(LLN_EINVAL, "no rows to measure");
    *out = lln_array_alloc(*count, sizeof **out);
    return *out ? LLN_OK : LLN_ENOMEM;
}

lln_status lln_rows_measure(lln_attention *attention, const size_t *queries,
                            size_t count, unsigned what, lln_row *out)
{
    row_pass pass = {.what = what};
    return run_pass(attention, queries, count, &pass, out);
}

lln_status lln_rows_visit(lln_attention *attention, const size_t *queries,
                          size_t count, lln_row_visit *visit, void *context,
                          lln_row *out)
{
    row_pass pass = {LLN_ROW_ENTROPY | LLN_ROW_MOMENTS, visit, context, false,
                     NULL};
    return run_pass(attention, queries, count, &pass, out);
}

lln_status lln_rows_leave_out(lln_attention *attention, unsigned what,
                              lln_row_visit *visit, void *context,
                              const lln_rows_left_out *left_out, lln_row *out)
{
    row_pass pass = {what, visit, context, false, left_out};
    if (visit)
        pass.what = LLN_ROW_ENTROPY | LLN_ROW_MOMENTS;
    if (left_out && attention->kind != LLN_ATTENTION_TILES)
        return lln_fail(LLN_EINVAL, "groups can be left out of attention by "
                                    "tiles only");
    return run_pass(attention, NULL, attention->n, &pass, out);
}
