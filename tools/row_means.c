/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "row_means.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "measure/row_sample.h"
#include "message.h"
#include "options.h"

/* Whether a column of the rows has a mean. */
static bool has_mean(const record_column *column)
{
    return column->type == LLN_CELL_REAL || column->type == LLN_CELL_INTEGER;
}

/* Those of the one plan of a process. */
static record_column *columns;

static record_type join_types(record_type own, record_type rows)
{
    size_t before = record_columns(own), count = before;
    columns = cli_alloc(before + record_columns(rows) + 1, sizeof *columns);
    for (size_t i = 0; i < before; i++)
        columns[i] = own.columns[i];
    for (const record_column *from = rows.columns + 1; from->name; from++) {
        if (!has_mean(from))
            continue;
        columns[count] = *from;
        columns[count].type = LLN_CELL_REAL;
        columns[count].pass |= PASS_MEANS;
        columns[count++].offset += own.size;
    }
    return (record_type){columns, own.size + rows.size};
}

size_t row_means_count(const run_case *c, size_t from, size_t end)
{
    if (!c->rows)
        return end;
    while (from < c->row_count && c->rows[from] < end)
        from++;
    return from;
}

run_plan row_means_plan(const row_source *rows, record_type own)
{
    run_plan plan = *rows->plan;
    plan.table = join_types(own, rows->plan->table);
    plan.context = rows;
    plan.name = NULL;
    plan.measure = NULL;
    plan.has_many_rows = true;
    plan.rows_depend_on_head = false;
    plan.rows_are_never_averaged = false;
    return plan;
}

static double value_of(const record_column *column, const void *record)
{
    lln_cell cell = record_cell(column, record);
    if (column->type == LLN_CELL_REAL)
        return cell.real;
    return cell.integer == LLN_CELL_NONE ? NAN : (double)cell.integer;
}

/* Copies the values of the rows of a range to x [count]. False: the mean has no
 * value. */
static bool collect(const row_source *rows, const record_column *column,
                    const run_block *from, row_range range, double *x)
{
    for (size_t i = 0; i < range.count; i++) {
        const void *record = run_block_record(from, range.first + i);
        row_use use = rows->use(record);
        x[i] = use == ROW_IS_EMPTY ? NAN : value_of(column, record);
        if (use == ROW_IS_UNDEFINED && isnan(x[i]))
            return false;
    }
    return range.count > 0;
}

/* Adds the mean of the errors that the rows have by themselves, such as half
 * the width of a bracket, to the error of the mean. x [range.count]: scratch.
 */
static void add_own_errors(const record_column *column, const run_block *from,
                           row_range range, double *x, double *error)
{
    double own, unused;
    for (size_t i = 0; i < range.count; i++)
        x[i] =
            record_cell(column, run_block_errors(from, range.first + i)).real;
    lln_values_mean(x, 1, range.count, range.count, &own, &unused);
    if (!isnan(own))
        *error = run_shared.rows > 0 ? *error + own : own;
}

lln_status row_means_take(const row_source *rows, const run_block *from,
                          row_range range, size_t own_size, run_block *to,
                          size_t at)
{
    double *x = lln_array_alloc_raw(range.count + 1, sizeof *x);
    if (!x)
        return LLN_ENOMEM;
    for (const record_column *column = rows->plan->table.columns + 1;
         column->name; column++) {
        record_column mean = *column;
        double se;
        mean.offset += own_size;
        if (!has_mean(column) || !collect(rows, column, from, range, x))
            continue;
        double *error = record_real(&mean, run_block_errors(to, at));
        lln_values_mean(x, 1, range.count, range.of,
                        record_real(&mean, run_block_record(to, at)), &se);
        if (run_shared.rows > 0)
            *error = se;
        if (rows->plan->stores_errors && column->type == LLN_CELL_REAL)
            add_own_errors(column, from, range, x, error);
    }
    free(x);
    return LLN_OK;
}
