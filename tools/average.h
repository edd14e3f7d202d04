/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Averages of rows over trials, draws or heads. */
#ifndef LLN_TOOLS_AVERAGE_H
#define LLN_TOOLS_AVERAGE_H

#include <stdbool.h>

#include "block.h"
#include "table/series.h"

/* A real cell over several blocks. */
typedef struct {
    lln_average mean;
    double least, most; /* NaN if a value was NaN */
} row_cell;

/* The blocks of several trials, draws or heads. Zeroed: no blocks yet, no
 * medians. */
typedef struct {
    run_block first; /* gives integers and errors, and text if it is the same in
                        all blocks; else the text is missing */
    size_t columns;
    row_cell *cells; /* [rows x columns], of real columns */
    size_t count;    /* of blocks */
    bool medians;    /* are needed */
    double *values;  /* [count x rows x columns], for medians */
} row_average;

/* Adds a block with as many rows as the first. Ends the process when out of
 * memory. */
void row_average_add(row_average *average, const run_block *block);

/* Sets `block` to the average of the blocks, with standard errors, and forgets
 * the blocks. */
void row_average_take(row_average *average, run_block *block);

/* The real cell of a row and a column number over all blocks, and its standard
 * error: between the blocks or, if there is one block, the error that the
 * measure stored. */
const row_cell *row_average_cell(const row_average *average, size_t row,
                                 size_t column);
double row_average_error(const row_average *average, size_t row, size_t column);

/* The median over the blocks. Ends the process when out of memory. */
double row_average_median(const row_average *average, size_t row,
                          size_t column);

/* Forgets the blocks and releases their memory. */
void row_average_reset(row_average *average);

#endif
