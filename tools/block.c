/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "message.h"

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
        if (type == LLN_CELL_REAL)
            cells[i].real = NAN;
        else if (type == LLN_CELL_TEXT)
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
