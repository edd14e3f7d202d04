/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "average.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

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
    if (average->count == 0) {
        run_block_append(&average->first, block);
        average->cells = cli_alloc(count, sizeof *average->cells);
    }
    for (size_t i = 0; i < count; i++) {
        lln_cell_type type = block->types[i % block->columns].type;
        lln_cell *first = &average->first.cells[i];
        if (type == LLN_CELL_REAL)
            add_real(&average->cells[i], block->cells[i].real);
        else if (type == LLN_CELL_TEXT &&
                 !same_text(first->text, block->cells[i].text))
            first->text = NULL;
    }
    average->count++;
}

double row_average_error(const row_average *average, size_t cell)
{
    return average->count > 1 ? lln_average_error(&average->cells[cell].mean)
                              : average->first.errors[cell];
}

void row_average_take(row_average *average, run_block *block)
{
    run_block *first = &average->first;
    for (size_t i = 0; i < first->rows * first->columns; i++)
        if (first->types[i % first->columns].type == LLN_CELL_REAL) {
            first->errors[i] = row_average_error(average, i);
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
