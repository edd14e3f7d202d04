/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/block_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/vector_math.h"
#include "measure/panels.h"

#define LLN_BODY "measure/block_map.inc"
#include "core/both_precisions.h"

enum { GROUPS = LLN_PANEL_GROUPS };

/* A map in progress. Each group of panels has its own rows of the map, so that
 * the order of sums does not depend on the number of threads. */
typedef struct {
    lln_pool pool;
    const lln_block_axis *queries, *keys;
    size_t n, m;
    size_t *cuts;  /* [keys->blocks + 1] first keys of the blocks */
    double **rows; /* [queries->blocks x GROUPS], each [keys->blocks]; NULL: a
                      group has no query in the block */
    lln_failure failure;
} pooling;

const char *const lln_pool_names[] = {"mean", "max", NULL};

lln_status lln_pool_find(const char *name, lln_pool *pool)
{
    for (int i = 0; lln_pool_names[i]; i++)
        if (strcmp(name, lln_pool_names[i]) == 0) {
            *pool = (lln_pool)i;
            return LLN_OK;
        }
    return lln_fail(LLN_EINVAL, "expected mean or max, found '%s'", name);
}

lln_block_axis lln_block_axis_of(size_t blocks, size_t tokens, size_t first)
{
    return (lln_block_axis){lln_size_smaller(blocks, tokens), tokens, first};
}

size_t lln_block_begin(const lln_block_axis *axis, size_t b, size_t count)
{
    size_t token = b * axis->tokens / axis->blocks;
    token = token < axis->first ? 0 : token - axis->first;
    return lln_size_smaller(token, count);
}

/* The block of token `at` of P: the last one that begins at it or before. */
static size_t block_of(const lln_block_axis *axis, size_t at)
{
    return ((axis->first + at + 1) * axis->blocks - 1) / axis->tokens;
}

/* The row of the map of a group; NULL if memory runs out. */
static double *row_of(pooling *p, size_t block, size_t group)
{
    double **row = &p->rows[block * GROUPS + group];
    double *found = *row;
    if (found)
        return found;
    found = lln_array_alloc_raw(p->keys->blocks, sizeof *found);
    for (size_t b = 0; found && b < p->keys->blocks; b++)
        found[b] = p->pool == LLN_POOL_MAX ? -INFINITY : 0;
    *row = found;
    return found;
}

static void add_row(const pooling *p, const lln_panel *panel, size_t i,
                    double *row)
{
    const void *weights = lln_panel_row(panel, i);
    size_t first = panel->first[i], end = panel->end[i];
    bool single = panel->precision == LLN_FLOAT32,
         sum = p->pool == LLN_POOL_MEAN;
    double scale = panel->scale[i];
    if (single && sum)
        add_sums_f32(weights, first, end, p->cuts, scale, row);
    else if (single)
        add_largest_f32(weights, first, end, p->cuts, p->keys->blocks, scale,
                        row);
    else if (sum)
        add_sums_f64(weights, first, end, p->cuts, scale, row);
    else
        add_largest_f64(weights, first, end, p->cuts, p->keys->blocks, scale,
                        row);
}

static void visit(void *context, int thread, const lln_panel *panel)
{
    pooling *p = context;
    (void)thread;
    for (size_t i = 0; i < panel->rows; i++) {
        double *row =
            row_of(p, block_of(p->queries, panel->queries[i]), panel->group);
        if (!row) {
            lln_failure_note(&p->failure, panel->index, LLN_ENOMEM);
            return;
        }
        add_row(p, panel, i, row);
    }
}

/* Adds the rows of all groups to a row of the map. */
static void merge(const pooling *p, size_t block, double *map)
{
    size_t columns = p->keys->blocks;
    double **rows = &p->rows[block * GROUPS];
    double queries = (double)(lln_block_begin(p->queries, block + 1, p->n) -
                              lln_block_begin(p->queries, block, p->n));
    bool sum = p->pool == LLN_POOL_MEAN;
    for (size_t b = 0; b < columns; b++) {
        size_t keys = p->cuts[b + 1] - p->cuts[b];
        double value = sum ? 0 : -INFINITY;
        for (size_t g = 0; g < GROUPS; g++)
            if (rows[g])
                value = sum ? value + rows[g][b] : fmax(value, rows[g][b]);
        if (sum)
            value /= queries * (double)keys;
        map[b] = queries > 0 && keys > 0 ? value : 0;
    }
}

static lln_status check_axis(const char *what, const lln_block_axis *axis,
                             size_t count)
{
    if (axis->first > axis->tokens || count > axis->tokens - axis->first)
        return lln_fail(LLN_EINVAL, "%zu %s from %zu on, but %zu tokens", count,
                        what, axis->first, axis->tokens);
    if (axis->blocks < 1 || axis->blocks > axis->tokens)
        return lln_fail(LLN_EINVAL, "%zu blocks of %zu %s", axis->blocks,
                        axis->tokens, what);
    return LLN_OK;
}

static lln_status measure(lln_attention *attention, pooling *p, double *map)
{
    for (size_t b = 0; b <= p->keys->blocks; b++)
        p->cuts[b] = lln_block_begin(p->keys, b, p->m);
    LLN_TRY(lln_panels_visit(attention, NULL, p->n, 0, visit, p));
    LLN_TRY(lln_failure_report(&p->failure));
    for (size_t b = 0; b < p->queries->blocks; b++)
        merge(p, b, map + b * p->keys->blocks);
    return LLN_OK;
}

lln_status lln_block_map_measure(lln_attention *attention,
                                 const lln_block_axis *queries,
                                 const lln_block_axis *keys, lln_pool pool,
                                 double *map)
{
    pooling p = {.pool = pool,
                 .queries = queries,
                 .keys = keys,
                 .n = attention->n,
                 .m = attention->m,
                 .failure = LLN_NO_FAILURE};
    LLN_TRY(check_axis("queries", queries, p.n));
    LLN_TRY(check_axis("keys", keys, p.m));
    p.cuts = lln_array_alloc_raw(keys->blocks + 1, sizeof *p.cuts);
    p.rows = lln_array_alloc(queries->blocks * GROUPS, sizeof *p.rows);
    lln_status status =
        p.cuts && p.rows ? measure(attention, &p, map) : LLN_ENOMEM;
    for (size_t i = 0; p.rows && i < queries->blocks * GROUPS; i++)
        free(p.rows[i]);
    free(p.rows);
    free(p.cuts);
    return status;
}
