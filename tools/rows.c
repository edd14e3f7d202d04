/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "output.h"

struct row_writer {
    lln_table *table;
    const lln_column *columns; /* of the plan, [count] */
    size_t count;
    row_spread spread;
    lln_column *all; /* identity, plan, spread: [total] */
    lln_cell *cells; /* one row, [total] */
    size_t total;
    row_bounds *bounds;
    char *names; /* of the spread, [2 count x NAME] */
};

enum { NAME = 64 };

/* Adds a column for the spread of a real one; returns what follows. */
static lln_column *name_spread(row_writer *writer, lln_column *next,
                               const char *column, const char *suffix)
{
    size_t used =
        (size_t)(next - writer->all) - IDENTITY_COLUMNS - writer->count;
    char *name = writer->names + used * NAME;
    snprintf(name, NAME, "%s%s", column, suffix);
    *next = (lln_column){name, LLN_CELL_REAL};
    return next + 1;
}

/* Fills writer->all from the three groups of columns: identity, plan,
 * spread. */
static void name_columns(row_writer *writer)
{
    lln_column *next = writer->all;
    memcpy(next, identity_columns, sizeof identity_columns);
    next += IDENTITY_COLUMNS;
    for (size_t i = 0; i < writer->count; i++)
        *next++ = writer->columns[i];
    for (size_t i = 0; i < writer->count; i++) {
        const lln_column *column = &writer->columns[i];
        if (column->type != LLN_CELL_REAL)
            continue;
        if (writer->spread == SPREAD_ERROR)
            next = name_spread(writer, next, column->name, "_se");
        if (writer->spread == SPREAD_EXTREMES) {
            next = name_spread(writer, next, column->name, "_min");
            next = name_spread(writer, next, column->name, "_max");
        }
    }
    writer->total = (size_t)(next - writer->all);
}

row_writer *row_writer_open(FILE *out, const lln_column *columns,
                            row_spread spread, lln_table_style style)
{
    row_writer *writer = cli_alloc(1, sizeof *writer);
    size_t count = 0;
    while (columns[count].name)
        count++;
    size_t most = IDENTITY_COLUMNS + 3 * count;
    *writer = (row_writer){.columns = columns, .count = count};
    writer->spread = spread;
    writer->all = cli_alloc(most, sizeof *writer->all);
    writer->cells = cli_alloc(most, sizeof *writer->cells);
    writer->names = cli_alloc(2 * count, NAME);
    name_columns(writer);
    writer->table = lln_table_alloc(out, writer->all, writer->total, style);
    if (!writer->table)
        cli_fail("out of memory");
    writer->bounds = bounds_open(writer->all, writer->total);
    return writer;
}

/* The cells of one row of the block after the identity. */
static void put_cells(const row_writer *writer, const row_average *average,
                      size_t row, lln_cell *next)
{
    size_t at = row * writer->count;
    for (size_t i = 0; i < writer->count; i++, next++) {
        *next = average->first.cells[at + i];
        if (writer->columns[i].type == LLN_CELL_REAL)
            next->real = average->cells[at + i].mean.mean;
    }
    for (size_t i = 0; i < writer->count; i++) {
        if (writer->columns[i].type != LLN_CELL_REAL)
            continue;
        if (writer->spread == SPREAD_ERROR)
            (next++)->real = row_average_error(average, at + i);
        if (writer->spread == SPREAD_EXTREMES) {
            (next++)->real = average->cells[at + i].least;
            (next++)->real = average->cells[at + i].most;
        }
    }
}

/* Says which row does not hold. With several rows a case, their first column
 * tells them apart, unless it is a figure. */
static void name_row(row_writer *writer, const row_identity *id,
                     const row_average *average)
{
    char place[RUN_PLACE], kernel[128] = "", number[128] = "", text[1024];
    const lln_column *column = writer->columns;
    const lln_cell *cell = &writer->cells[IDENTITY_COLUMNS];
    run_place(id->layer, id->head, place);
    if (id->kernel)
        snprintf(kernel, sizeof kernel, "kernel %s, ", id->kernel);
    if (average->first.rows > 1 && column->type == LLN_CELL_INTEGER)
        snprintf(number, sizeof number, "%s %ld, ", column->name,
                 cell->integer);
    if (average->first.rows > 1 && column->type == LLN_CELL_TEXT)
        snprintf(number, sizeof number, "%s %s, ", column->name, cell->text);
    snprintf(text, sizeof text, "%s: %s%stau %.6g, %s", id->source, place,
             kernel, id->tau, number);
    bounds_name(writer->bounds, text);
}

void row_writer_put(row_writer *writer, const row_identity *identity,
                    const row_average *average)
{
    for (size_t row = 0; row < average->first.rows; row++) {
        identity_put(identity, writer->cells);
        put_cells(writer, average, row, writer->cells + IDENTITY_COLUMNS);
        cli_check_output(lln_table_row(writer->table, writer->cells));
        if (bounds_fail(writer->bounds, writer->cells))
            name_row(writer, identity, average);
    }
}

row_bounds *row_writer_close(row_writer *writer)
{
    row_bounds *bounds = writer->bounds;
    cli_check_output(lln_table_end(writer->table));
    lln_table_free(writer->table);
    free(writer->all);
    free(writer->cells);
    free(writer->names);
    free(writer);
    return bounds;
}
