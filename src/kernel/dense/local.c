/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax over short runs of keys: its tiles. A tile has all keys that any of
 * its queries may see. Tiles form groups; a group is processed by one
 * thread. */
#include "kernel/dense/local.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "kernel/logits.h"
#include "kernel/row_math.h"

enum { ROWS = LLN_LOCAL_ROWS, GROUP = LLN_LOCAL_GROUP };

/* Use this path if a run covers at most 1/SHARE of the keys. */
enum { SHARE = 4 };

static size_t longest_document(const lln_documents *documents)
{
    size_t longest = 0;
    for (size_t j = 0; j < documents->count; j = documents->end[j]) {
        size_t keys = documents->end[j] - documents->first[j];
        longest = keys > longest ? keys : longest;
    }
    return longest;
}

/* The most keys that a query sees in its window. */
static size_t reach_of(lln_mask mask)
{
    size_t right = mask.right || mask.causal ? mask.right : mask.window;
    return mask.window + right + mask.prefix;
}

lln_mask lln_local_narrow(lln_mask mask, size_t reach)
{
    bool after = mask.causal && mask.prefix > 0; /* keys are seen */
    if (mask.window == 0 || mask.window > reach + 1)
        mask.window = reach + 1;
    if (mask.right > reach + 1 || (mask.right == 0 && after))
        mask.right = reach + 1;
    return mask;
}

bool lln_local_worth(const lln_head *head)
{
    size_t m = head->k.rows, run = m;
    lln_mask mask = head->rule.mask;
    if (mask.block > 0)
        run = lln_size_smaller(run, mask.block);
    if (mask.chunk > 0)
        run = lln_size_smaller(run, mask.chunk);
    if (mask.documents)
        run = lln_size_smaller(run, longest_document(mask.documents));
    if (mask.window > 0 && mask.window <= m && mask.right <= m)
        run = lln_size_smaller(run, reach_of(mask));
    return run <= m / SHARE;
}

size_t lln_local_groups(const lln_local *local)
{
    return (local->head.q.rows + GROUP - 1) / GROUP;
}

void lln_local_span(const lln_local *local, size_t first, size_t rows,
                    size_t *low, size_t *high)
{
    const lln_head *head = &local->head;
    size_t n = head->q.rows, m = head->k.rows, unused;
    lln_mask_keys(head->rule.mask, n, m, first, low, &unused);
    lln_mask_keys(head->rule.mask, n, m, first + rows - 1, &unused, high);
    *low = lln_size_larger(*low, local->sinks);
    *high = lln_size_larger(*high, local->sinks);
}

size_t lln_local_width(const lln_local *local)
{
    size_t n = local->head.q.rows, width = 0;
    for (size_t i = 0; i < n; i += ROWS) {
        size_t low, high;
        lln_local_span(local, i, lln_size_smaller(ROWS, n - i), &low, &high);
        width = lln_size_larger(high - low, width);
    }
    return local->sinks + width;
}

/* Scratch of one thread. */
typedef struct {
    double *q, *k, *p; /* [ROWS x d], [width x d], [ROWS x width] */
} workspace;

/* Consecutive entries of a row. */
typedef struct {
    double *p;
    size_t count;
} entries;

/* Softmax over both parts of a row together. */
static void softmax_row(const lln_logit_rule *rule, const entries part[2])
{
    double sum = 0, max = fmax(lln_row_max(part[0].p, part[0].count),
                               lln_row_max(part[1].p, part[1].count));
    for (int a = 0; a < 2; a++) {
        if (max == -INFINITY) /* a bias hides all keys */
            memset(part[a].p, 0, part[a].count * sizeof *part[a].p);
        else
            lln_row_exp(part[a].p, part[a].count, max, 0);
        for (size_t j = 0; j < part[a].count; j++)
            sum += part[a].p[j];
    }
    if (max == -INFINITY)
        return;
    sum /= 1 - lln_logits_outside(rule, max + log(sum));
    for (int a = 0; a < 2; a++)
        for (size_t j = 0; j < part[a].count; j++)
            part[a].p[j] /= sum;
}

/* The entries that the mask allows query i among `count` columns p, the first
 * of which is key `key`. Sets the others to 0. */
static entries allowed(const lln_head *head, lln_mask mask, size_t i,
                       size_t key, double *p, size_t count)
{
    size_t first, end, last = key + count;
    lln_mask_keys(mask, head->q.rows, head->k.rows, i, &first, &end);
    first = lln_size_smaller(lln_size_larger(first, key), last);
    end = lln_size_larger(lln_size_smaller(end, last), first);
    memset(p, 0, (first - key) * sizeof *p);
    memset(p + (end - key), 0, (last - end) * sizeof *p);
    return (entries){p + (first - key), end - first};
}

static void softmax_rows(const lln_local *local, const lln_local_tile *tile,
                         double *p)
{
    const lln_head *head = &local->head;
    for (size_t r = 0; r < tile->rows; r++, p += tile->keys) {
        size_t i = tile->first + r;
        const entries part[2] = {
            allowed(head, local->mask, i, 0, p, tile->sinks),
            allowed(head, head->rule.mask, i, tile->low, p + tile->sinks,
                    tile->keys - tile->sinks)};
        softmax_row(&head->rule, part);
    }
}

/* Logits of the tile's queries with keys key .. key + count - 1, to columns
 * from `at` on. */
static void fill_logits(const lln_head *head, const lln_local_tile *tile,
                        size_t key, size_t count, size_t at,
                        const workspace *work)
{
    lln_logit_place place = {head->q.rows, head->k.rows, NULL, tile->first,
                             key};
    if (count == 0)
        return;
    lln_matrix_convert(lln_matrix_rows(head->k, key, count), LLN_FLOAT64,
                       work->k);
    lln_logits_rows(&head->rule, &place, work->q, tile->rows, work->k, count,
                    head->q.columns, tile->keys, work->p + at);
}

/* The difference of sums is that of their high parts, which is exact for near
 * tokens, and of their low parts. */
static void add_decay(const lln_local *local, const lln_local_tile *tile,
                      double *p)
{
    size_t sinks = tile->sinks;
    const double *high = local->decay, *low = high + local->head.k.rows;
    for (size_t r = 0; r < tile->rows; r++)
        for (size_t c = 0; c < tile->keys; c++) {
            size_t i = tile->first + r;
            size_t j = c < sinks ? c : tile->low + c - sinks;
            *p++ += (high[i] - high[j]) + (low[i] - low[j]);
        }
}

static lln_local_tile place_tile(const lln_local *local, size_t first,
                                 size_t rows, const double *p)
{
    size_t high;
    lln_local_tile tile = {
        .first = first, .rows = rows, .sinks = local->sinks, .p = p};
    lln_local_span(local, first, rows, &tile.low, &high);
    tile.keys = tile.sinks + high - tile.low;
    return tile;
}

static lln_local_tile make_tile(const lln_local *local, size_t first,
                                size_t rows, const workspace *work)
{
    const lln_head *head = &local->head;
    lln_local_tile tile = place_tile(local, first, rows, work->p);
    lln_matrix_convert(lln_matrix_rows(head->q, first, rows), LLN_FLOAT64,
                       work->q);
    fill_logits(head, &tile, 0, tile.sinks, 0, work);
    fill_logits(head, &tile, tile.low, tile.keys - tile.sinks, tile.sinks,
                work);
    if (local->decay)
        add_decay(local, &tile, work->p);
    softmax_rows(local, &tile, work->p);
    return tile;
}

/* The tile that begins with row i, stored or computed. */
static lln_local_tile find_tile(const lln_local *local, size_t i, size_t rows,
                                const workspace *work)
{
    if (!local->stored)
        return make_tile(local, i, rows, work);
    return place_tile(local, i, rows, local->stored + local->start[i / ROWS]);
}

static workspace workspace_at(double *memory, size_t d, size_t width)
{
    double *k = memory + ROWS * d;
    return (workspace){memory, k, k + width * d};
}

static size_t workspace_size(size_t d, size_t width)
{
    return (ROWS + width) * d + ROWS * width;
}

lln_status lln_local_visit(const lln_local *local, lln_local_visit_tile *visit,
                           void *context)
{
    size_t n = local->head.q.rows, d = local->head.q.columns;
    size_t width = lln_local_width(local), size = workspace_size(d, width);
    size_t groups = lln_local_groups(local);
    double *memory =
        lln_array_alloc_raw((size_t)lln_threads_count() * size, sizeof *memory);
    if (!memory)
        return LLN_ENOMEM;
#pragma omp parallel for schedule(dynamic, 1) if (groups > 1)
    for (size_t g = 0; g < groups; g++) {
        workspace work = workspace_at(
            memory + (size_t)omp_get_thread_num() * size, d, width);
        size_t end = lln_size_smaller((g + 1) * GROUP, n);
        for (size_t i = g * GROUP; i < end && !lln_stop_requested; i += ROWS) {
            lln_local_tile tile =
                find_tile(local, i, lln_size_smaller(ROWS, end - i), &work);
            visit(context, g, &tile);
        }
    }
    free(memory);
    return lln_threads_check_stop();
}

lln_status lln_local_rows(const lln_local *local, size_t first, size_t count,
                          double *out)
{
    size_t d = local->head.q.columns, m = local->head.k.rows;
    size_t width = lln_local_width(local);
    double *memory =
        lln_array_alloc_raw(workspace_size(d, width), sizeof *memory);
    if (!memory)
        return LLN_ENOMEM;
    workspace work = workspace_at(memory, d, width);
    memset(out, 0, count * m * sizeof *out);
    for (size_t i = 0; i < count; i += ROWS) {
        lln_local_tile tile = make_tile(
            local, first + i, lln_size_smaller(ROWS, count - i), &work);
        for (size_t r = 0; r < tile.rows; r++) {
            const double *p = tile.p + r * tile.keys;
            double *row = out + (i + r) * m;
            memcpy(row, p, tile.sinks * sizeof *p);
            memcpy(row + tile.low, p + tile.sinks,
                   (tile.keys - tile.sinks) * sizeof *p);
        }
    }
    free(memory);
    return LLN_OK;
}
