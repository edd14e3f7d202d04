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
    bool errors;
    lln_column *all; /* identity, plan, errors: [total] */
    lln_cell *cells; /* one row, [total] */
    size_t total;
    char *error_names; /* [count x NAME] */
};

enum { NAME = 64 };

static const lln_column identity_columns[] = {
    {"source", LLN_TEXT},    {"layer", LLN_REAL},     {"head", LLN_REAL},
    {"kernel", LLN_TEXT},    {"n", LLN_INTEGER},      {"d", LLN_INTEGER},
    {"causal", LLN_INTEGER}, {"trials", LLN_INTEGER}, {"tau", LLN_REAL},
};

enum { IDENTITY = sizeof identity_columns / sizeof *identity_columns };

void run_block_free(run_block *block)
{
    free(block->cells);
    free(block->errors);
    block->cells = NULL;
    block->errors = NULL;
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

void row_average_add(row_average *average, const run_block *block)
{
    size_t count = block->rows * block->columns;
    if (average->trials == 0) {
        average->first = *block;
        average->first.cells = cli_alloc(count, sizeof *block->cells);
        average->first.errors = cli_alloc(count, sizeof(double));
        memcpy(average->first.cells, block->cells,
               count * sizeof *block->cells);
        memcpy(average->first.errors, block->errors, count * sizeof(double));
        average->averages = cli_alloc(count, sizeof *average->averages);
    }
    if (block->rows != average->first.rows)
        cli_fail("trial %zu has %zu rows, the first has %zu: they cannot be "
                 "averaged; use --each",
                 average->trials, block->rows, average->first.rows);
    for (size_t i = 0; i < count; i++)
        if (block->types[i % block->columns].type == LLN_REAL)
            lln_average_add(&average->averages[i], block->cells[i].real);
    average->trials++;
}

void row_average_reset(row_average *average)
{
    run_block_free(&average->first);
    free(average->averages);
    *average = (row_average){0};
}

/* Fills writer->all from the three groups of columns. */
static void name_columns(row_writer *writer)
{
    lln_column *next = writer->all;
    memcpy(next, identity_columns, sizeof identity_columns);
    next += IDENTITY;
    for (size_t i = 0; i < writer->count; i++)
        *next++ = writer->columns[i];
    for (size_t i = 0; writer->errors && i < writer->count; i++) {
        if (writer->columns[i].type != LLN_REAL)
            continue;
        char *name = writer->error_names + i * NAME;
        snprintf(name, NAME, "%s_se", writer->columns[i].name);
        *next++ = (lln_column){name, LLN_REAL};
    }
    writer->total = (size_t)(next - writer->all);
}

row_writer *row_writer_open(FILE *out, const lln_column *columns, size_t count,
                            bool errors, lln_table_style style)
{
    row_writer *writer = cli_alloc(1, sizeof *writer);
    size_t most = IDENTITY + 2 * count;
    *writer = (row_writer){.columns = columns, .count = count};
    writer->errors = errors;
    writer->all = cli_alloc(most, sizeof *writer->all);
    writer->cells = cli_alloc(most, sizeof *writer->cells);
    writer->error_names = cli_alloc(count, NAME);
    name_columns(writer);
    writer->table = lln_table_alloc(out, writer->all, writer->total, style);
    if (!writer->table)
        cli_fail("out of memory");
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

/* Between trials; of a single one, what its measure knows. */
static double standard_error(const row_average *average, size_t cell)
{
    return average->trials > 1 ? lln_average_error(&average->averages[cell])
                               : average->first.errors[cell];
}

void row_writer_put(row_writer *writer, const row_identity *identity,
                    const row_average *average)
{
    for (size_t row = 0; row < average->first.rows; row++) {
        size_t at = row * writer->count;
        lln_cell *next = put_identity(writer->cells, identity);
        for (size_t i = 0; i < writer->count; i++) {
            *next = average->first.cells[at + i];
            if (writer->columns[i].type == LLN_REAL)
                next->real = average->averages[at + i].mean;
            next++;
        }
        for (size_t i = 0; writer->errors && i < writer->count; i++)
            if (writer->columns[i].type == LLN_REAL)
                (next++)->real = standard_error(average, at + i);
        cli_check_output(lln_table_row(writer->table, writer->cells));
    }
}

void row_writer_close(row_writer *writer)
{
    cli_check_output(lln_table_end(writer->table));
    lln_table_free(writer->table);
    free(writer->all);
    free(writer->cells);
    free(writer->error_names);
    free(writer);
}
