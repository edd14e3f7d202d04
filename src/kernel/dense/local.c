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

void lln_local_span(const lln_head *head, size_t first, size_t rows,
                    size_t *low, size_t *high)
{
    size_t n = head->q.rows, m = head->k.rows, unused;
    lln_mask_keys(head->rule.mask, n, m, first, low, &unused);
    lln_mask_keys(head->rule.mask, n, m, first + rows - 1, &unused, high);
}

size_t lln_local_width(const lln_local *local)
{
    const lln_head *head = &local->head;
    size_t n = head->q.rows, width = 0;
    for (size_t i = 0; i < n; i += ROWS) {
        size_t low, high;
        lln_local_span(head, i, lln_size_smaller(ROWS, n - i), &low, &high);
        width = high - low > width ? high - low : width;
    }
    return width;
}

/* Scratch of one thread. */
typedef struct {
    double *q, *k, *p; /* [ROWS x d], [width x d], [ROWS x width] */
} workspace;

static void softmax_row(const lln_logit_rule *rule, double *p, size_t count)
{
    double max = lln_row_max(p, count), sum = 0;
    if (max == -INFINITY) { /* a bias hides all keys */
        memset(p, 0, count * sizeof *p);
        return;
    }
    lln_row_exp(p, count, max, 0);
    for (size_t j = 0; j < count; j++)
        sum += p[j];
    sum /= 1 - lln_logits_outside(rule, max + log(sum));
    for (size_t j = 0; j < count; j++)
        p[j] /= sum;
}

static void softmax_rows(const lln_head *head, const lln_local_tile *tile,
                         double *p)
{
    for (size_t i = 0; i < tile->rows; i++, p += tile->keys) {
        size_t first, end;
        lln_mask_keys(head->rule.mask, head->q.rows, head->k.rows,
                      tile->first + i, &first, &end);
        first -= tile->low;
        end -= tile->low;
        memset(p, 0, first * sizeof *p);
        memset(p + end, 0, (tile->keys - end) * sizeof *p);
        softmax_row(&head->rule, p + first, end - first);
    }
}

static lln_local_tile make_tile(const lln_head *head, size_t first, size_t rows,
                                const workspace *work)
{
    size_t high, d = head->q.columns;
    lln_local_tile tile = {.first = first, .rows = rows, .p = work->p};
    lln_local_span(head, first, tile.rows, &tile.low, &high);
    tile.keys = high - tile.low;
    lln_matrix_convert(lln_matrix_rows(head->q, first, tile.rows), LLN_FLOAT64,
                       work->q);
    lln_matrix_convert(lln_matrix_rows(head->k, tile.low, tile.keys),
                       LLN_FLOAT64, work->k);
    lln_logit_place place = {head->q.rows, head->k.rows, NULL, first, tile.low};
    lln_logits_rows(&head->rule, &place, work->q, tile.rows, work->k, tile.keys,
                    d, tile.keys, work->p);
    softmax_rows(head, &tile, work->p);
    return tile;
}

/* The tile that begins with row i, stored or computed. */
static lln_local_tile find_tile(const lln_local *local, size_t i, size_t rows,
                                const workspace *work)
{
    if (!local->stored)
        return make_tile(&local->head, i, rows, work);
    size_t high;
    lln_local_tile tile = {
        .first = i, .rows = rows, .p = local->stored + local->start[i / ROWS]};
    lln_local_span(&local->head, i, rows, &tile.low, &high);
    tile.keys = high - tile.low;
    return tile;
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
            &local->head, first + i, lln_size_smaller(ROWS, count - i), &work);
        for (size_t r = 0; r < tile.rows; r++)
            memcpy(out + (i + r) * m + tile.low, tile.p + r * tile.keys,
                   tile.keys * sizeof *out);
    }
    free(memory);
    return LLN_OK;
}
