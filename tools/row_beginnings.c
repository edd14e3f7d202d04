/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "row_beginnings.h"

#include <stdlib.h>

#include "core/memory.h"
#include "jackknife.h"
#include "measure/beginnings.h"

static void free_rows(lln_row **rows, size_t count)
{
    for (size_t t = 0; rows && t < count; t++)
        free(rows[t]);
    free(rows);
}

static lln_row **alloc_rows(const beginning_rows *of)
{
    lln_row **rows = lln_array_alloc(of->count, sizeof(void *));
    for (size_t t = 0; rows && t < of->count; t++) {
        rows[t] = lln_array_alloc(of->taken[t] + 1, sizeof **rows);
        if (!rows[t]) {
            free_rows(rows, t);
            return NULL;
        }
    }
    return rows;
}

static lln_status take_rows(const lln_attention *attention, const run_case *c,
                            const beginning_rows *of, size_t t,
                            const lln_row *rows, row_take *take, void *context)
{
    run_block each = {.type = of->rows->plan->table};
    lln_status status = run_block_resize(&each, of->taken[t]);
    for (size_t i = 0; status == LLN_OK && i < each.rows; i++)
        of->rows->fill(attention, &rows[i], c->rows ? c->rows[i] : i,
                       run_block_record(&each, i));
    if (status == LLN_OK)
        status = take(context, t, &each);
    run_block_free(&each);
    return status;
}

static lln_status measure_all(lln_attention *attention, const run_case *c,
                              const beginning_rows *of, row_take *take,
                              void *context)
{
    size_t count = c->rows ? c->row_count : attention->n;
    lln_row **rows = alloc_rows(of);
    if (!rows)
        return LLN_ENOMEM;
    lln_status status = lln_beginnings_measure(attention, c->rows, count,
                                               of->at, of->count, rows);
    for (size_t t = 0; t < of->count && status == LLN_OK; t++)
        status = take_rows(attention, c, of, t, rows[t], take, context);
    free_rows(rows, of->count);
    return status;
}

lln_status row_beginnings_measure(const run_case *c, const beginning_rows *of,
                                  row_take *take, void *context, bool *possible)
{
    lln_attention attention;
    *possible = false;
    if (!jackknife_has_pairs(c->kernel))
        return LLN_OK;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = LLN_OK;
    *possible = attention.kind == LLN_ATTENTION_TILES;
    if (*possible)
        status = measure_all(&attention, c, of, take, context);
    lln_attention_close(&attention);
    return status;
}
