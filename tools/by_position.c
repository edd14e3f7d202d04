/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "by_position.h"

#include "run.h"

size_t by_position_bins = 16;

/* The columns before the means. Positions are averaged over heads of different
 * lengths; they have no spread. */
typedef struct {
    long bin;
    double low, high, queries;
} position_record;

#define POSITION(field, name)                                                  \
    {                                                                          \
        name, LLN_CELL_REAL, offsetof(position_record, field),                 \
            COLUMNS_DEFAULT, 0, true, false                                    \
    }

static const record_column position_columns[] = {
    RECORD_INTEGER(position_record, bin, "bin", COLUMNS_DEFAULT, 0),
    POSITION(low, "position_min"),
    POSITION(high, "position_max"),
    POSITION(queries, "queries"),
    {0},
};

static lln_status start_bins(run_block *block)
{
    LLN_TRY(run_block_resize(block, by_position_bins));
    for (size_t b = 0; b < block->rows; b++) {
        position_record *out = run_block_record(block, b);
        out->bin = (long)b;
    }
    return LLN_OK;
}

/* The first query i of n with i * bins / n >= bin in whole numbers. */
static size_t first_query(size_t bin, size_t n)
{
    return (bin * n + by_position_bins - 1) / by_position_bins;
}

/* The position of a query; without a mask that aligns them with the keys, its
 * index. */
static double position_of(const lln_head *head, size_t query)
{
    lln_mask mask = head->rule.mask;
    size_t n = head->q.rows, m = head->k.rows;
    return (double)(lln_mask_hides(mask) ? lln_mask_position(mask, n, m, query)
                                         : query);
}

/* Sets the positions of the bins. */
static void place_bins(const run_case *c, run_block *block)
{
    size_t n = c->head->q.rows;
    for (size_t b = 0; b < block->rows; b++) {
        position_record *out = run_block_record(block, b);
        size_t begin = first_query(b, n), end = first_query(b + 1, n);
        if (end > begin) {
            out->low = position_of(c->head, begin);
            out->high = position_of(c->head, end - 1);
        }
    }
}

/* Counts the measured rows of each bin and, if there are any in `each`,
 * averages them. */
static lln_status fill_bins(const run_case *c, const row_source *rows,
                            const run_block *each, run_block *block)
{
    size_t n = c->head->q.rows, done = 0;
    for (size_t b = 0; b < block->rows; b++) {
        position_record *out = run_block_record(block, b);
        size_t begin = first_query(b, n), end = first_query(b + 1, n);
        size_t taken = row_means_count(c, done, end);
        row_range range = {done, taken - done, end - begin};
        out->queries = (double)range.count;
        if (each->rows > 0)
            LLN_TRY(row_means_take(rows, each, range, sizeof *out, block, b));
        done = taken;
    }
    return LLN_OK;
}

static lln_status measure_bins(const run_case *c, const void *context,
                               run_block *block)
{
    const row_source *rows = context;
    run_block each = {.type = rows->plan->table};
    lln_status status = LLN_OK;
    place_bins(c, block);
    if (c->passes & PASS_MEANS)
        status = rows->plan->measure(c, NULL, &each);
    if (status == LLN_OK)
        status = fill_bins(c, rows, &each, block);
    run_block_free(&each);
    return status;
}

void by_position_absent(void)
{
    columns_elsewhere(position_columns, "by-position");
}

int by_position_write(const row_source *rows)
{
    const record_type own = {position_columns, sizeof(position_record)};
    run_plan plan = row_means_plan(rows, own);
    plan.name = "--by-position";
    plan.measure = measure_bins;
    plan.start = start_bins;
    return run_plan_write(&plan);
}
