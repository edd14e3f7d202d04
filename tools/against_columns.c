/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "against_columns.h"

#include <stdio.h>
#include <string.h>

#include "against.h"
#include "message.h"
#include "run.h"

/* A record: the source of the other head, then the records of both heads, then
 * the differences, for each column of the plan. */
typedef struct {
    const run_plan *plan; /* of one head */
    size_t a, b, delta;   /* offsets of the parts in the record */
} both_heads;

static char *join(const char *first, const char *separator, const char *second)
{
    char *text;
    if (asprintf(&text, "%s%s%s", first, separator, second) < 0)
        cli_fail("out of memory");
    return text;
}

/* The column of a part of the record. */
static record_column part_of(const record_column *column, const char *suffix,
                             size_t offset)
{
    record_column part = *column;
    part.name = join(column->name, suffix, "");
    part.group =
        column->group ? join(column->group, " ", column->name) : column->name;
    part.offset = offset;
    return part;
}

static record_type list_columns(record_type one, both_heads *both)
{
    size_t count = record_columns(one), used = 0, word = sizeof(double);
    record_column *columns = cli_alloc(3 * count + 2, sizeof *columns);
    size_t size = (one.size + word - 1) / word * word;
    both->a = sizeof(const char *);
    both->b = both->a + size;
    both->delta = both->b + size;
    columns[used++] = (record_column){.name = "source_b",
                                      .type = LLN_CELL_TEXT,
                                      .group = COLUMNS_DEFAULT,
                                      .follows = true};
    for (size_t i = 0; i < count; i++) {
        const record_column *column = &one.columns[i];
        columns[used++] = part_of(column, "_a", both->a + column->offset);
        columns[used++] = part_of(column, "_b", both->b + column->offset);
        if (column->type == LLN_CELL_REAL)
            columns[used++] = part_of(column, "_delta", both->delta + i * word);
    }
    return (record_type){columns, both->delta + count * word};
}

/* Measures one head into its part of the record, and its errors. */
static lln_status measure_one(const run_case *c, const run_plan *plan,
                              size_t offset, run_block *block)
{
    run_block one = {.type = plan->table};
    LLN_TRY(run_block_resize(&one, 1));
    lln_status status = plan->measure(c, plan->context, &one);
    char *record = run_block_record(block, c->row);
    char *errors = run_block_errors(block, c->row);
    memcpy(record + offset, run_block_record(&one, 0), plan->table.size);
    memcpy(errors + offset, run_block_errors(&one, 0), plan->table.size);
    run_block_free(&one);
    return status;
}

static lln_status measure_both(const run_case *c, const void *context,
                               run_block *block)
{
    const both_heads *both = context;
    const record_column *columns = both->plan->table.columns;
    run_case other = *c->other;
    other.row = c->row;
    lln_status first = LLN_OK;
    if (c->kernel)
        first = measure_one(c, both->plan, both->a, block);
    if (first != LLN_OK && first != LLN_EUNDEFINED)
        return first;
    if (other.kernel)
        LLN_TRY(measure_one(&other, both->plan, both->b, block));
    char *record = run_block_record(block, c->row);
    void *deltas = record + both->delta;
    double *delta = deltas;
    for (size_t i = 0; columns[i].name; i++)
        if (columns[i].type == LLN_CELL_REAL)
            delta[i] = record_cell(&columns[i], record + both->b).real -
                       record_cell(&columns[i], record + both->a).real;
    return first;
}

static void name_source(const lln_head *other, void *record)
{
    *(const char **)record = other->source;
}

static void check_plan(const run_plan *plan)
{
    if (plan->has_many_rows || plan->reduce || plan->start ||
        plan->rows_depend_on_head || plan->measures_head)
        cli_usage("--against cannot be used with %s", plan->name);
}

int against_run(const run_plan *plan)
{
    both_heads both = {.plan = plan};
    if (!against_asked())
        return run_plan_write(plan);
    check_plan(plan);
    run_plan pair = *plan;
    pair.name = "--against";
    pair.table = list_columns(plan->table, &both);
    pair.measure = measure_both;
    pair.name_other = name_source;
    pair.context = &both;
    pair.measures_one_of_two = true;
    return run_plan_write(&pair);
}
