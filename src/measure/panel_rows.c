/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The weights of a row are relative to an anchor, the largest score of its
 * first tile. Only if a score exceeds that by far does the anchor change; when
 * the row is complete, the weights of earlier tiles are brought to the last
 * anchor. */
#include "measure/panel_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "kernel/tiles.h"
#include "measure/row_finish.h"
#include "measure/row_state.h"
#include "measure/tile_sums.h"

#define LLN_BODY "measure/panel_rows.inc"
#include "core/both_precisions.h"

/* Rows are this many elements apart beyond their width, so that they do not all
 * fall on the same lines of the cache. */
enum { PAD = 16 };

struct lln_panel_work {
    const lln_attention *attention;
    unsigned what;
    size_t stride, tiles_in_row;
    lln_tiles tiles;
    char *weights;         /* [rows x stride] */
    unsigned char *hidden; /* [rows x stride]; NULL: no bias hides keys */
    double *references;    /* [rows x tiles_in_row] of the weights of a tile;
                              NaN: all are 0 */
    double *logs;          /* scratch, [m], or of one tile */
    size_t queries[LLN_TILE_ROWS], first[LLN_TILE_ROWS], end[LLN_TILE_ROWS];
    size_t keys[LLN_TILE_ROWS];
    double scale[LLN_TILE_ROWS], sums[LLN_TILE_ROWS];
    lln_row_state states[LLN_TILE_ROWS];
    lln_row rows[LLN_TILE_ROWS];
};

void lln_panel_work_free(lln_panel_work *work)
{
    if (!work)
        return;
    lln_tiles_close(&work->tiles);
    free(work->weights);
    free(work->hidden);
    free(work->references);
    free(work->logs);
    free(work);
}

static bool by_rows(const lln_attention *attention)
{
    return attention->kind == LLN_ATTENTION_ROWS;
}

static lln_precision precision_of(const lln_attention *attention)
{
    return by_rows(attention) ? LLN_FLOAT64 : attention->precision;
}

static bool hides_keys(const lln_attention *attention)
{
    const lln_logit_bias *bias =
        by_rows(attention) ? attention->bias : attention->tiles.rule.bias;
    return bias && bias->hides;
}

static lln_status alloc_arrays(lln_panel_work *work, size_t rows, size_t width)
{
    const lln_attention *attention = work->attention;
    size_t size = lln_precision_size(precision_of(attention));
    bool hides = hides_keys(attention);
    work->stride = by_rows(attention) ? attention->m : width + PAD;
    work->tiles_in_row = width / LLN_TILE_KEYS + 1;
    work->weights = lln_array_alloc_raw(rows * work->stride, size);
    work->references =
        lln_array_alloc(rows * work->tiles_in_row, sizeof *work->references);
    work->logs = lln_array_alloc_raw(
        by_rows(attention) ? attention->m : LLN_TILE_KEYS, sizeof *work->logs);
    if (hides)
        work->hidden = lln_array_alloc(rows * work->stride, 1);
    if (!by_rows(attention))
        LLN_TRY(lln_tiles_open(attention, rows, &work->tiles));
    bool all = work->weights && work->references && work->logs;
    return all && (work->hidden || !hides) ? LLN_OK : LLN_ENOMEM;
}

lln_status lln_panel_work_alloc(const lln_attention *attention, unsigned what,
                                size_t rows, size_t width,
                                lln_panel_work **work)
{
    *work = lln_array_alloc(1, sizeof **work);
    if (!*work)
        return LLN_ENOMEM;
    (*work)->attention = attention;
    (*work)->what = what;
    lln_status status = alloc_arrays(*work, rows, width);
    if (status != LLN_OK) {
        lln_panel_work_free(*work);
        *work = NULL;
    }
    return status;
}

/* Adds `count` scores of row i, of which `hidden` [count] receives those that a
 * bias hides; weights [count]. */
static void add_scores(lln_panel_work *work, size_t i, void *scores,
                       size_t count, lln_tile_kind kind, void *weights,
                       unsigned char *hidden)
{
    size_t kept = count;
    if (hidden) {
        if (kind.single)
            find_hidden_f32(scores, count, hidden);
        else
            find_hidden_f64(scores, count, hidden);
        kept = lln_tile_drop_hidden(work->attention->precision, scores, count);
    }
    if (kept > 0)
        lln_row_state_add(scores, kept, kind, NULL, weights, work->logs,
                          &work->states[i]);
    if (kept < count && kind.single)
        spread_f32(weights, count, hidden, kept);
    else if (kept < count)
        spread_f64(weights, count, hidden, kept);
}

/* Fetches the memory of the weights of the next row while those of this one are
 * computed: a panel does not fit in the second-level cache. */
static void fetch(const char *weights, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 64)
        __builtin_prefetch(weights + i, 1);
}

static void add_tile(lln_panel_work *work)
{
    const lln_tiles *tile = &work->tiles;
    const lln_attention *attention = work->attention;
    size_t size = lln_precision_size(attention->precision);
    size_t number = (tile->key - tile->low) / LLN_TILE_KEYS;
    lln_tile_kind kind = {attention->tiles.domain,
                          attention->precision == LLN_FLOAT32,
                          (work->what & (LLN_ROW_MOMENTS | LLN_ROW_SHAPE)) != 0,
                          (work->what & LLN_ROW_SHAPE) != 0, true};
    for (size_t i = 0; i < tile->rows; i++) {
        size_t from = tile->from[i], count = tile->to[i] - from;
        size_t at = i * work->stride + tile->key + from - tile->low;
        if (i + 1 < tile->rows)
            fetch(work->weights + (at + work->stride) * size, count * size);
        if (count > 0)
            add_scores(work, i, lln_tiles_row(tile, i), count, kind,
                       work->weights + at * size,
                       work->hidden ? work->hidden + at : NULL);
        work->references[i * work->tiles_in_row + number] =
            work->states[i].count > 0 ? work->states[i].anchor : NAN;
    }
}

/* What weights relative to `from` are multiplied by to be relative to `to`. */
static double factor(double from, double to, lln_domain domain)
{
    if (from == to || isnan(from))
        return 1;
    return domain == LLN_DOMAIN_LINEAR ? from / to : exp(from - to);
}

/* Brings the weights of row i to its last anchor, and sets those of keys that
 * it may not see to 0. */
static void settle_weights(lln_panel_work *work, size_t i)
{
    const lln_tiles *tiles = &work->tiles;
    const lln_attention *attention = work->attention;
    size_t size = lln_precision_size(attention->precision);
    size_t first = tiles->first[i] - tiles->low,
           end = tiles->end[i] - tiles->low;
    char *row = work->weights + i * work->stride * size;
    memset(row, 0, first * size);
    memset(row + end * size, 0, (tiles->high - tiles->low - end) * size);
    for (size_t at = first, stop; at < end; at = stop) {
        size_t number = at / LLN_TILE_KEYS;
        stop = lln_size_smaller(end, (number + 1) * LLN_TILE_KEYS);
        double by = factor(work->references[i * work->tiles_in_row + number],
                           work->states[i].anchor, attention->tiles.domain);
        if (by == 1)
            continue;
        if (attention->precision == LLN_FLOAT32)
            shrink_f32((float *)(void *)row + at, stop - at, (float)by);
        else
            shrink_f64((double *)(void *)row + at, stop - at, by);
    }
}

static void fill_by_tiles(lln_panel_work *work, const size_t *queries,
                          lln_panel *panel)
{
    lln_tiles *tiles = &work->tiles;
    lln_tiles_start(tiles, queries, panel->index, panel->rows);
    for (size_t i = 0; i < panel->rows; i++)
        work->states[i] = (lln_row_state){0};
    while (lln_tiles_next(tiles))
        add_tile(work);
    for (size_t i = 0; i < panel->rows; i++) {
        const lln_row_state *state = &work->states[i];
        settle_weights(work, i);
        work->rows[i] = lln_row_finish(work->attention, tiles->queries[i],
                                       state, work->what);
        work->keys[i] = (size_t)state->count;
        work->scale[i] =
            work->rows[i].top * factor(state->anchor, state->reference,
                                       work->attention->tiles.domain);
        work->sums[i] = work->rows[i].sum;
        work->first[i] = tiles->first[i];
        work->end[i] = tiles->end[i];
        work->queries[i] = tiles->queries[i];
    }
    panel->low = tiles->low;
    panel->high = tiles->high;
}

/* Finds the keys of row i of attention by rows. */
static void find_keys(lln_panel_work *work, size_t i)
{
    lln_visible_keys keys =
        lln_attention_visible(work->attention, work->queries[i], work->logs);
    work->first[i] = keys.first;
    work->end[i] = keys.end;
    work->keys[i] = keys.count;
    for (size_t j = 0; work->hidden && j < keys.end - keys.first; j++)
        work->hidden[i * work->stride + keys.first + j] =
            lln_key_is_hidden(&keys, j);
}

static lln_status fill_by_rows(lln_panel_work *work, const size_t *queries,
                               lln_panel *panel)
{
    const lln_attention *attention = work->attention;
    size_t m = attention->m;
    double *entries = (double *)(void *)work->weights;
    LLN_TRY(lln_attention_listed_rows(attention, queries, panel->index,
                                      panel->rows, entries));
    panel->low = 0;
    panel->high = m;
    for (size_t i = 0; i < panel->rows; i++) {
        size_t query = queries ? queries[i] : panel->index + i;
        work->queries[i] = query;
        find_keys(work, i);
        work->rows[i] = lln_row_finish_entries(
            attention, query, entries + i * m, work->what, work->logs);
        work->scale[i] = 1;
        work->sums[i] = 0;
        for (size_t j = work->first[i]; j < work->end[i]; j++)
            work->sums[i] += entries[i * m + j];
    }
    return LLN_OK;
}

lln_status lln_panel_fill(lln_panel_work *work, const size_t *queries,
                          lln_panel *panel)
{
    panel->queries = work->queries;
    panel->first = work->first;
    panel->end = work->end;
    panel->keys = work->keys;
    panel->precision = precision_of(work->attention);
    panel->stride = work->stride;
    panel->weights = work->weights;
    panel->hidden = work->hidden;
    panel->scale = work->scale;
    panel->sums = work->sums;
    panel->statistics = work->rows;
    if (by_rows(work->attention))
        return fill_by_rows(work, queries, panel);
    fill_by_tiles(work, queries, panel);
    return LLN_OK;
}
