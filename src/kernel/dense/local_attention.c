/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax over short runs of keys as an attention; its tiles may be stored. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "kernel/dense/local.h"

enum { ROWS = LLN_LOCAL_ROWS };

typedef struct {
    double *stored;
    const size_t *start;
} keep_context;

static void visit_keep(void *context, size_t group, const lln_local_tile *tile)
{
    const keep_context *keep = context;
    (void)group;
    memcpy(keep->stored + keep->start[tile->first / ROWS], tile->p,
           tile->rows * tile->keys * sizeof *tile->p);
}

/* Sets the offset of each tile; returns the number of entries of all tiles. */
static size_t place_tiles(const lln_local *local, size_t *start)
{
    const lln_head *head = &local->head;
    size_t n = head->q.rows, total = 0;
    for (size_t i = 0; i < n; i += ROWS) {
        size_t low, high, rows = lln_size_smaller(ROWS, n - i);
        lln_local_span(local, i, rows, &low, &high);
        start[i / ROWS] = total;
        total += rows * (local->sinks + high - low);
    }
    return total;
}

/* Stores the tiles if they need no more memory than queries and keys do. */
static lln_status store(lln_local *local)
{
    const lln_head *head = &local->head;
    size_t tiles = (head->q.rows + ROWS - 1) / ROWS;
    local->start = lln_array_alloc(tiles, sizeof *local->start);
    if (!local->start)
        return LLN_ENOMEM;
    size_t total = place_tiles(local, local->start);
    if (total > (head->q.rows + head->k.rows) * head->q.columns)
        return LLN_OK;
    double *stored = lln_array_alloc_raw(total, sizeof *stored);
    if (!stored)
        return LLN_ENOMEM;
    keep_context context = {stored, local->start};
    lln_status status = lln_local_visit(local, visit_keep, &context);
    if (status == LLN_OK)
        local->stored = stored;
    else
        free(stored);
    return status;
}

static lln_status prepare_hook(lln_attention *attention)
{
    lln_local *local = attention->state;
    return local->start ? LLN_OK : store(local);
}

static lln_status rows_hook(const lln_attention *attention, size_t first,
                            size_t count, double *out)
{
    return lln_local_rows(attention->state, first, count, out);
}

static lln_status product_hook(const lln_attention *attention, lln_matrix x,
                               void *y)
{
    return lln_local_product(attention->state, x, y);
}

static lln_status transposed_hook(const lln_attention *attention, lln_matrix x,
                                  void *y)
{
    return lln_local_transposed(attention->state, x, y);
}

static lln_status diagonal_hook(const lln_attention *attention, double *out)
{
    return lln_local_diagonal(attention->state, out);
}

static lln_status norm_hook(const lln_attention *attention, const double *mean,
                            double *norm)
{
    return lln_local_norm(attention->state, mean, norm);
}

static void release(lln_attention *attention)
{
    lln_local *local = attention->state;
    free(local->stored);
    free(local->start);
    free(local->decay);
    free(local);
}

lln_status lln_local_open_sinks(const lln_kernel_choice *choice,
                                const lln_head *head, size_t sinks,
                                lln_mask mask, lln_attention *attention)
{
    LLN_TRY(lln_kernel_check_mask(choice, head));
    lln_local *local = calloc(1, sizeof *local);
    if (!local)
        return lln_fail(LLN_ENOMEM, "out of memory");
    local->head = *head;
    local->sinks = lln_size_smaller(sinks, head->k.rows);
    local->mask = mask;
    *attention = (lln_attention){
        .n = head->q.rows,
        .m = head->k.rows,
        .mask = mask,
        .precision = LLN_FLOAT64,
        .unnormalised = head->rule.has_sink,
        .kind = LLN_ATTENTION_ROWS,
        .rows.make = rows_hook,
        .product = product_hook,
        .transposed = transposed_hook,
        .diagonal = lln_mask_is_triangular(mask) ? diagonal_hook : NULL,
        .unbiased_norm = norm_hook,
        .prepare = prepare_hook,
        .state = local,
        .close = release,
    };
    return LLN_OK;
}

lln_status lln_local_open(const lln_kernel_choice *choice, const lln_head *head,
                          lln_attention *attention)
{
    return lln_local_open_sinks(choice, head, 0, head->rule.mask, attention);
}

void lln_local_set_decay(lln_attention *attention, double *decay)
{
    lln_local *local = attention->state;
    local->decay = decay;
}
