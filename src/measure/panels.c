/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/panels.h"

#include <omp.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "kernel/tiles.h"
#include "measure/panel_rows.h"

enum {
    GROUPS = LLN_PANEL_GROUPS,
    PANEL_BYTES = 12 << 20,
    MOST_BYTES = 64 << 20,
    LEAST_ROWS = 8
};

/* The rows of a pass, and how they are divided. */
typedef struct {
    const lln_attention *attention;
    const size_t *queries; /* NULL: all rows */
    size_t count, block, groups;
    unsigned what;
    const lln_panel_visitor *visitors; /* [visitor_count] */
    size_t visitor_count;
    lln_row *out; /* NULL: not wanted */
} panel_pass;

const void *lln_panel_row(const lln_panel *panel, size_t i)
{
    size_t at = i * panel->stride + panel->first[i] - panel->low;
    return (const char *)panel->weights +
           at * lln_precision_size(panel->precision);
}

bool lln_panel_sees(const lln_panel *panel, size_t i, size_t j)
{
    if (j < panel->first[i] || j >= panel->end[i])
        return false;
    return !panel->hidden || !panel->hidden[i * panel->stride + j - panel->low];
}

double lln_panel_entry(const lln_panel *panel, size_t i, size_t j)
{
    if (!lln_panel_sees(panel, i, j))
        return 0;
    size_t at = i * panel->stride + j - panel->low;
    return panel->scale[i] * (panel->precision == LLN_FLOAT32
                                  ? (double)((const float *)panel->weights)[at]
                                  : ((const double *)panel->weights)[at]);
}

/* The most keys from the first to the last that the rows of a block see. */
static size_t widest(const panel_pass *pass, size_t block)
{
    const lln_attention *attention = pass->attention;
    size_t most = 0, low = SIZE_MAX, high = 0;
    for (size_t i = 0; i < pass->count; i++) {
        size_t first, end;
        lln_mask_keys(attention->mask, attention->n, attention->m,
                      pass->queries ? pass->queries[i] : i, &first, &end);
        low = i % block == 0 ? first : lln_size_smaller(low, first);
        high = i % block == 0 || end > high ? end : high;
        most = high - low > most ? high - low : most;
    }
    return most;
}

/* Number of rows of a panel. */
static size_t block_rows(const panel_pass *pass)
{
    const lln_attention *attention = pass->attention;
    if (attention->kind == LLN_ATTENTION_ROWS)
        return lln_attention_block_rows(attention);
    size_t row =
        widest(pass, LLN_TILE_ROWS) * lln_precision_size(attention->precision);
    size_t rows = PANEL_BYTES / row;
    if (rows < LEAST_ROWS)
        rows = MOST_BYTES / row < LEAST_ROWS ? MOST_BYTES / row : LEAST_ROWS;
    if (rows > 16)
        rows -= rows % 16;
    return rows < 1 ? 1 : lln_size_smaller(rows, LLN_TILE_ROWS);
}

/* Sets how the rows are divided. */
static void divide(panel_pass *pass)
{
    pass->block = block_rows(pass);
    size_t blocks = (pass->count + pass->block - 1) / pass->block;
    pass->groups = lln_size_smaller((blocks + 1) / 2, GROUPS);
}

size_t lln_panels_groups(const lln_attention *attention, const size_t *queries,
                         size_t count)
{
    panel_pass pass = {.attention = attention,
                       .queries = queries,
                       .count = queries ? count : attention->n};
    divide(&pass);
    return pass.groups;
}

static void show(const panel_pass *pass, const lln_panel *panel)
{
    if (pass->out)
        memcpy(pass->out + panel->index, panel->statistics,
               panel->rows * sizeof *pass->out);
    for (size_t v = 0; v < pass->visitor_count; v++)
        pass->visitors[v].visit(pass->visitors[v].context, omp_get_thread_num(),
                                panel);
}

static void run_group(const panel_pass *pass, size_t group,
                      lln_panel_work *work, lln_failure *failure)
{
    size_t step = pass->block, count = pass->count;
    for (size_t start = group * step; start < count;
         start += pass->groups * step) {
        size_t here = lln_size_smaller(count - start, step);
        if (start >= failure->item || lln_stop_requested)
            break;
        lln_panel panel = {.group = group, .index = start, .rows = here};
        lln_status status = lln_panel_fill(
            work, pass->queries ? pass->queries + start : NULL, &panel);
        lln_failure_note(failure, start, status);
        if (status == LLN_OK && !lln_stop_requested)
            show(pass, &panel);
        lln_rows_done += here;
    }
}

static lln_status run_pass(const panel_pass *pass)
{
    lln_failure failure = LLN_NO_FAILURE;
    size_t width = widest(pass, pass->block);
#pragma omp parallel
    {
        lln_panel_work *work = NULL;
        lln_failure_note(&failure, 0,
                         lln_panel_work_alloc(pass->attention, pass->what,
                                              pass->block, width, &work));
#pragma omp for schedule(dynamic, 1)
        for (size_t group = 0; group < pass->groups; group++)
            run_group(pass, group, work, &failure);
        lln_panel_work_free(work);
    }
    return lln_failure_report(&failure);
}

lln_status lln_panels_visit(lln_attention *attention, const size_t *queries,
                            size_t count, unsigned what, lln_panel_visit *visit,
                            void *context)
{
    lln_panel_visitor visitor = {visit, context};
    return lln_panels_measure(attention, queries, count, what, &visitor, 1,
                              NULL);
}

lln_status lln_panels_measure(lln_attention *attention, const size_t *queries,
                              size_t count, unsigned what,
                              const lln_panel_visitor *visitors,
                              size_t visitor_count, lln_row *out)
{
    panel_pass pass = {.attention = attention,
                       .queries = queries,
                       .count = queries ? count : attention->n,
                       .what = what,
                       .visitors = visitors,
                       .visitor_count = visitor_count,
                       .out = out};
    if (pass.count == 0)
        return lln_fail(LLN_EINVAL, "no rows to measure");
    if (visitor_count == 0)
        return out ? lln_rows_measure(attention, queries, pass.count, what, out)
                   : LLN_OK;
    lln_rows_begun += pass.count;
    LLN_TRY(lln_attention_prepare(attention));
    divide(&pass);
    LLN_TRY(run_pass(&pass));
    return lln_threads_check_stop();
}
