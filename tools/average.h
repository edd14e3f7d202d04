/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Averages of rows over trials, draws or heads. */
#ifndef LLN_TOOLS_AVERAGE_H
#define LLN_TOOLS_AVERAGE_H

#include "block.h"
#include "table/series.h"

/* A real cell over several blocks. */
typedef struct {
    lln_average mean;
    double least, most; /* NaN once a value was NaN */
} row_cell;

/* The blocks of several trials, draws or heads. Zeroed: none yet. */
typedef struct {
    run_block first; /* integers and errors are taken from it, and text that
                        has been the same in all; else it is missing */
    row_cell *cells; /* [rows x columns] */
    size_t count;    /* of blocks */
} row_average;

/* Adds one block, which has as many rows as the first. Ends the process when
 * out of memory. */
void row_average_add(row_average *average, const run_block *block);

/* Makes `block` the average of the blocks, with standard errors, and forgets
 * them. */
void row_average_take(row_average *average, run_block *block);

/* The standard error of a cell: between the blocks; of a single one, what its
 * measure knows. */
double row_average_error(const row_average *average, size_t cell);

/* Forgets the blocks, and releases what held them. */
void row_average_reset(row_average *average);

#endif
