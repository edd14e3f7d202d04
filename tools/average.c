/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "average.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "message.h"

static void add_real(row_cell *cell, double x)
{
    if (cell->mean.count == 0 || isnan(x))
        cell->least = cell->most = x;
    /* comparisons with NaN are false: once NaN, always NaN */
    cell->least = x < cell->least ? x : cell->least;
    cell->most = x > cell->most ? x : cell->most;
    lln_average_add(&cell->mean, x);
}

/* Makes room for the values of one more block. */
static void grow_values(row_average *average, size_t cells)
{
    if (!average->medians || cells == 0)
        return;
    double *grown = lln_array_grow(average->values, average->count,
                                   cells * sizeof *average->values);
    if (!grown)
        cli_fail("%s", lln_error_message());
    average->values = grown;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static row_cell *cell_at(const row_average *average, size_t row, size_t column)
{
    return &average->cells[row * average->columns + column];
}

/* Adds the field of one column in a row of a block. */
static void add_field(row_average *average, const run_block *block, size_t row,
                      size_t column)
{
    const record_column *shown = &block->type.columns[column];
    lln_cell cell = record_cell(shown, run_block_record(block, row));
    void *first = run_block_record(&average->first, row);
    size_t at = row * average->columns + column;
    size_t cells = block->rows * average->columns;
    if (shown->type == LLN_CELL_REAL)
        add_real(&average->cells[at], cell.real);
    if (shown->type == LLN_CELL_REAL && average->medians)
        average->values[average->count * cells + at] = cell.real;
    if (lln_cell_is_text(shown->type) &&
        !same_text(record_cell(shown, first).text, cell.text))
        record_forget_text(shown, first);
}

void row_average_add(row_average *average, const run_block *block)
{
    if (average->count == 0) {
        run_block_append(&average->first, block);
        average->columns = record_columns(block->type);
        average->cells =
            cli_alloc(block->rows * average->columns, sizeof *average->cells);
    }
    grow_values(average, block->rows * average->columns);
    for (size_t row = 0; row < block->rows; row++)
        for (size_t column = 0; column < average->columns; column++)
            add_field(average, block, row, column);
    average->count++;
}

const row_cell *row_average_cell(const row_average *average, size_t row,
                                 size_t column)
{
    return cell_at(average, row, column);
}

double row_average_error(const row_average *average, size_t row, size_t column)
{
    const run_block *first = &average->first;
    if (average->count > 1)
        return lln_average_error(&cell_at(average, row, column)->mean);
    return record_cell(&first->type.columns[column],
                       run_block_errors(first, row))
        .real;
}

double row_average_median(const row_average *average, size_t row, size_t column)
{
    size_t cells = average->first.rows * average->columns;
    size_t at = row * average->columns + column;
    double *values = cli_alloc(average->count, sizeof *values);
    for (size_t i = 0; i < average->count; i++)
        values[i] = average->values[i * cells + at];
    double median = lln_median(values, average->count);
    free(values);
    return median;
}

/* Replaces the real fields in a row of the first block by averages. */
static void take_row(row_average *average, size_t row)
{
    run_block *first = &average->first;
    for (size_t i = 0; i < average->columns; i++) {
        const record_column *column = &first->type.columns[i];
        if (column->type != LLN_CELL_REAL)
            continue;
        *record_real(column, run_block_errors(first, row)) =
            row_average_error(average, row, i);
        *record_real(column, run_block_record(first, row)) =
            cell_at(average, row, i)->mean.mean;
    }
}

void row_average_take(row_average *average, run_block *block)
{
    for (size_t row = 0; row < average->first.rows; row++)
        take_row(average, row);
    run_block_free(block);
    *block = average->first;
    average->first = (run_block){0};
    row_average_reset(average);
}

void row_average_reset(row_average *average)
{
    run_block_free(&average->first);
    free(average->cells);
    free(average->values);
    *average = (row_average){.medians = average->medians};
}
