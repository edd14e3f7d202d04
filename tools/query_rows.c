/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query_rows.h"

#include <math.h>
#include <string.h>

#include "against_columns.h"
#include "at_lengths.h"
#include "by_position.h"
#include "coverage_columns.h"
#include "measure/entropy.h"
#include "norm_columns.h"
#include "pattern_columns.h"
#include "row_pass.h"
#include "rules.h"
#include "where_columns.h"

/* Printed by default in tables of means of rows. */
#define LN_KEYS "ln_keys"

/* A row of --per-row. */
typedef struct {
    long query, keys;
    lln_entropy entropy;
    norm_record norm;
    pattern_record patterns;
    where_row_record where;
    row_use use;       /* in means of rows */
    double coverage[]; /* [coverage_values()] */
} query_record;

#define QUERY(field, name)                                                     \
    RECORD_REAL(query_record, entropy.field, name, COLUMNS_DEFAULT, 0)

/* The most columns, with those of coverage_columns.h. */
enum { COLUMNS_MOST = 128 + COVERAGE_COLUMNS };

static record_column query_columns[COLUMNS_MOST] = {
    RECORD_INTEGER(query_record, query, "query", COLUMNS_DEFAULT, 0),
    RECORD_INTEGER(query_record, keys, "keys", COLUMNS_DEFAULT, 0),
    QUERY(entropy, "entropy_nats"),
    QUERY(normalized, "entropy_normalized"),
    QUERY(effective_keys, "effective_keys"),
    QUERY(top1_mass, "top1_mass"),
    QUERY(max_logit, "max_logit"),
    RECORD_REAL(query_record, entropy.outside, "outside_mass", COLUMNS_SINK, 0),
    RECORD_REAL(query_record, entropy.with_sink, "entropy_with_sink_nats",
                COLUMNS_SINK, 0),
    NORM_ROW_COLUMNS(query_record, norm),
    PATTERN_ROW_COLUMNS(query_record, patterns),
    WHERE_ROW_COLUMNS(query_record, where),
    RECORD_REAL(query_record, entropy.ln_keys, LN_KEYS, NULL, 0),
    {0},
};

/* What a row is to means. For attention by rows, which has entries of 0, `keys`
 * is the number of positive ones. */
static row_use find_use(const lln_attention *attention, const lln_row *row)
{
    bool in_sink = row->keys == 0 && row->outside == 1;
    if (!isnan(row->entropy) || in_sink)
        return ROW_COUNTS;
    return row->keys == 0 && attention->kind == LLN_ATTENTION_TILES
               ? ROW_IS_EMPTY
               : ROW_IS_UNDEFINED;
}

static void fill_query(const lln_attention *attention, const lln_row *row,
                       size_t query, void *record)
{
    query_record *out = record;
    out->query = (long)query;
    out->keys = (long)row->keys;
    out->use = find_use(attention, row);
    lln_entropy_summarise(attention, row, 1, &out->entropy, NULL);
}

static lln_status fill_queries(const run_case *c, lln_attention *attention,
                               const row_pass *pass, run_block *block)
{
    LLN_TRY(run_block_resize(block, pass->count));
    query_record *first = run_block_record(block, 0);
    for (size_t i = 0; i < pass->count; i++) {
        const lln_row *row = &pass->rows[i];
        query_record *out = run_block_record(block, i);
        query_record *error = run_block_errors(block, i);
        fill_query(attention, row, c->rows ? c->rows[i] : i, out);
        where_fill_row(c, attention, pass->where, pass->rows, i, &out->where);
        LLN_TRY(pattern_columns_fill_row(pass->patterns, i, &out->patterns));
        coverage_fill_row(c, pass->coverage, i, out->coverage, error->coverage);
    }
    return norm_columns_rows(c, attention, pass->rows, pass->count,
                             &first->norm, block->type.size);
}

static lln_status measure_queries(const run_case *c, const void *context,
                                  run_block *block)
{
    (void)context;
    lln_attention attention;
    row_pass pass;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = row_pass_run(c, &attention, true, true, &pass);
    if (status == LLN_OK)
        status = fill_queries(c, &attention, &pass, block);
    row_pass_close(&pass);
    lln_attention_close(&attention);
    return status;
}

static row_use use_query(const void *record)
{
    return ((const query_record *)record)->use;
}

static run_plan query_plan = {
    .name = "--per-row",
    .table = {query_columns, sizeof(query_record)},
    .measure = measure_queries,
    .check_heads = pattern_columns_check,
    .has_many_rows = true,
    .rows_depend_on_head = true,
    .rows_are_never_averaged = true,
    .measures_sampled_rows = true,
};

static const row_source query_rows = {&query_plan, use_query, fill_query};

/* Prints means of rows, with ln_keys among the default columns. */
static int write_means(int write(const row_source *rows))
{
    for (record_column *column = query_columns; column->name; column++)
        if (strcmp(column->name, LN_KEYS) == 0)
            column->group = COLUMNS_DEFAULT;
    return write(&query_rows);
}

void query_rows_choose(void)
{
    if (rules_asked().has_sink)
        COLUMNS_SHOW(query_columns, COLUMNS_SINK);
    pattern_columns_choose(query_columns);
    where_choose(query_columns);
    coverage_add_row_columns(query_columns, offsetof(query_record, coverage));
    query_plan.table.size += coverage_values() * sizeof(double);
    query_plan.stores_errors = coverage_has_brackets();
}

int query_rows_write(void)
{
    return against_run(&query_plan);
}

int query_rows_write_by_position(void)
{
    return write_means(by_position_write);
}

int query_rows_write_at_lengths(void)
{
    return write_means(at_lengths_write);
}
