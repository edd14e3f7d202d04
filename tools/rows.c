/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

struct row_writer {
    lln_table *table;
    const lln_column *columns; /* of the plan, [count] */
    size_t count;
    row_extras extras;
    lln_column *all; /* identity, plan, extras: [total] */
    lln_cell *cells; /* one row, [total] */
    size_t total;
    row_bounds *bounds;
    char *names; /* of the extras, [2 count x NAME] */
};

enum { NAME = 64 };

static const lln_column identity_columns[] = {
    {"source", LLN_TEXT},    {"layer", LLN_REAL},      {"head", LLN_REAL},
    {"kernel", LLN_TEXT},    {"n", LLN_INTEGER},       {"d", LLN_INTEGER},
    {"causal", LLN_INTEGER}, {"samples", LLN_INTEGER}, {"tau", LLN_REAL},
};

enum { IDENTITY = sizeof identity_columns / sizeof *identity_columns };

void run_block_free(run_block *block)
{
    free(block->cells);
    free(block->errors);
    block->cells = NULL;
    block->errors = NULL;
    block->rows = 0;
}

lln_status run_block_resize(run_block *block, size_t rows)
{
    size_t count;
    LLN_TRY(lln_size_multiply(rows, block->columns, &count));
    lln_cell *cells = lln_array_alloc(count, sizeof *cells);
    double *errors = lln_array_alloc(count, sizeof *errors);
    if (!cells || !errors) {
        free(cells);
        free(errors);
        return LLN_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        errors[i] = NAN;
        lln_cell_type type = block->types[i % block->columns].type;
        if (type == LLN_REAL)
            cells[i].real = NAN;
        else if (type == LLN_TEXT)
            cells[i].text = NULL;
        else
            cells[i].integer = 0;
    }
    run_block_free(block);
    block->cells = cells;
    block->errors = errors;
    block->rows = rows;
    return LLN_OK;
}

void run_block_append(run_block *to, const run_block *from)
{
    size_t columns = from->columns, rows = to->rows + from->rows;
    run_block sum = {.types = from->types, .rows = rows, .columns = columns};
    sum.cells = cli_alloc(rows * columns, sizeof *sum.cells);
    sum.errors = cli_alloc(rows * columns, sizeof *sum.errors);
    const run_block *parts[] = {to, from};
    size_t at = 0;
    for (int i = 0; i < 2; i++) {
        size_t count = parts[i]->rows * columns;
        if (count == 0)
            continue;
        memcpy(sum.cells + at, parts[i]->cells, count * sizeof *sum.cells);
        memcpy(sum.errors + at, parts[i]->errors, count * sizeof *sum.errors);
        at += count;
    }
    run_block_free(to);
    *to = sum;
}

static void add_real(row_cell *cell, double x)
{
    if (cell->mean.count == 0 || isnan(x))
        cell->least = cell->most = x;
    /* nothing compares with NaN, which stays */
    cell->least = x < cell->least ? x : cell->least;
    cell->most = x > cell->most ? x : cell->most;
    lln_average_add(&cell->mean, x);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

void row_average_add(row_average *average, const run_block *block)
{
    size_t count = block->rows * block->columns;
    if (average->heads == 0) {
        run_block_append(&average->first, block);
        average->cells = cli_alloc(count, sizeof *average->cells);
    }
    for (size_t i = 0; i < count; i++) {
        lln_cell_type type = block->types[i % block->columns].type;
        lln_cell *first = &average->first.cells[i];
        if (type == LLN_REAL)
            add_real(&average->cells[i], block->cells[i].real);
        else if (type == LLN_TEXT &&
                 !same_text(first->text, block->cells[i].text))
            first->text = NULL;
    }
    average->heads++;
}

/* Between trials; of a single one, what its measure knows. */
static double standard_error(const row_average *average, size_t cell)
{
    return average->heads > 1 ? lln_average_error(&average->cells[cell].mean)
                              : average->first.errors[cell];
}

void row_average_take(row_average *average, run_block *block)
{
    run_block *first = &average->first;
    for (size_t i = 0; i < first->rows * first->columns; i++)
        if (first->types[i % first->columns].type == LLN_REAL) {
            first->errors[i] = standard_error(average, i);
            first->cells[i].real = average->cells[i].mean.mean;
        }
    run_block_free(block);
    *block = *first;
    *first = (run_block){0};
    row_average_reset(average);
}

void row_average_reset(row_average *average)
{
    run_block_free(&average->first);
    free(average->cells);
    *average = (row_average){0};
}

/* Adds a column for what is said of a real one; returns what follows. */
static lln_column *name_extra(row_writer *writer, lln_column *next,
                              const char *column, const char *suffix)
{
    size_t used = (size_t)(next - writer->all) - IDENTITY - writer->count;
    char *name = writer->names + used * NAME;
    snprintf(name, NAME, "%s%s", column, suffix);
    *next = (lln_column){name, LLN_REAL};
    return next + 1;
}

/* Fills writer->all from the three groups of columns: identity, plan,
 * extras. */
static void name_columns(row_writer *writer)
{
    lln_column *next = writer->all;
    memcpy(next, identity_columns, sizeof identity_columns);
    next += IDENTITY;
    for (size_t i = 0; i < writer->count; i++)
        *next++ = writer->columns[i];
    for (size_t i = 0; i < writer->count; i++) {
        const lln_column *column = &writer->columns[i];
        if (column->type != LLN_REAL)
            continue;
        if (writer->extras == ROWS_ERROR)
            next = name_extra(writer, next, column->name, "_se");
        if (writer->extras == ROWS_EXTREMES) {
            next = name_extra(writer, next, column->name, "_min");
            next = name_extra(writer, next, column->name, "_max");
        }
    }
    writer->total = (size_t)(next - writer->all);
}

row_writer *row_writer_open(FILE *out, const lln_column *columns,
                            row_extras extras, lln_table_style style)
{
    row_writer *writer = cli_alloc(1, sizeof *writer);
    size_t count = 0;
    while (columns[count].name)
        count++;
    size_t most = IDENTITY + 3 * count;
    *writer = (row_writer){.columns = columns, .count = count};
    writer->extras = extras;
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

static lln_cell *put_identity(lln_cell *next, const row_identity *identity)
{
    (next++)->text = identity->source;
    (next++)->real = identity->layer;
    (next++)->real = identity->head;
    (next++)->text = identity->kernel;
    (next++)->integer = identity->n;
    (next++)->integer = identity->d;
    (next++)->integer = identity->causal;
    (next++)->integer = identity->trials;
    (next++)->real = identity->tau;
    return next;
}

/* The cells of one row of the block after the identity. */
static void put_cells(const row_writer *writer, const row_average *average,
                      size_t row, lln_cell *next)
{
    size_t at = row * writer->count;
    for (size_t i = 0; i < writer->count; i++, next++) {
        *next = average->first.cells[at + i];
        if (writer->columns[i].type == LLN_REAL)
            next->real = average->cells[at + i].mean.mean;
    }
    for (size_t i = 0; i < writer->count; i++) {
        if (writer->columns[i].type != LLN_REAL)
            continue;
        if (writer->extras == ROWS_ERROR)
            (next++)->real = standard_error(average, at + i);
        if (writer->extras == ROWS_EXTREMES) {
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
    const lln_cell *cell = &writer->cells[IDENTITY];
    run_place(id->layer, id->head, place);
    if (id->kernel)
        snprintf(kernel, sizeof kernel, "kernel %s, ", id->kernel);
    if (average->first.rows > 1 && column->type == LLN_INTEGER)
        snprintf(number, sizeof number, "%s %ld, ", column->name,
                 cell->integer);
    if (average->first.rows > 1 && column->type == LLN_TEXT)
        snprintf(number, sizeof number, "%s %s, ", column->name, cell->text);
    snprintf(text, sizeof text, "%s: %s%stau %.6g, %s", id->source, place,
             kernel, id->tau, number);
    bounds_name(writer->bounds, text);
}

void row_writer_put(row_writer *writer, const row_identity *identity,
                    const row_average *average)
{
    for (size_t row = 0; row < average->first.rows; row++) {
        put_cells(writer, average, row, put_identity(writer->cells, identity));
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
