/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of a run: identity columns, the tool's own, standard errors;
 * and the averages over trials that go into it. */
#ifndef LLN_TOOLS_ROWS_H
#define LLN_TOOLS_ROWS_H

#include "bounds.h"
#include "run.h"
#include "table/series.h"

/* What the columns source .. tau say. NaN and NULL: missing. */
typedef struct {
    const char *source;
    double layer, head;
    const char *kernel;
    long n, d, causal, trials;
    double tau;
} row_identity;

/* A real cell over several blocks. */
typedef struct {
    lln_average mean;
    double least, most; /* NaN once a value was NaN */
} row_cell;

/* The blocks of several heads. Zeroed: none yet. */
typedef struct {
    run_block first; /* integers and errors are taken from it, and text that
                        has been the same in all; else it is missing */
    row_cell *cells; /* [rows x columns] */
    size_t heads;
} row_average;

/* Adds one block, which has as many rows as the first. Ends the process when
 * out of memory. */
void row_average_add(row_average *average, const run_block *block);

/* Makes `block` the average of the blocks, with standard errors, and forgets
 * them. */
void row_average_take(row_average *average, run_block *block);

/* Forgets the blocks, and releases what held them. */
void row_average_reset(row_average *average);

/* Adds the rows of `from` to those of `to`, which is zeroed or has the same
 * columns. Ends the process when out of memory. */
void run_block_append(run_block *to, const run_block *from);

/* What is said of the real columns beside their mean, in columns at the end. */
typedef enum {
    ROWS_MEAN,    /* nothing */
    ROWS_ERROR,   /* <column>_se, the standard error */
    ROWS_EXTREMES /* <column>_min and <column>_max */
} row_extras;

typedef struct row_writer row_writer;

/* A table on `out` with the plan's columns, ended by name NULL. Ends the
 * process when out of memory and when a bound is on a column that is not there,
 * as do all here that write when the output refuses. */
row_writer *row_writer_open(FILE *out, const lln_column *columns,
                            row_extras extras, lln_table_style style);

void row_writer_put(row_writer *writer, const row_identity *identity,
                    const row_average *average);

/* Ends the table and releases all but the bounds, which are for bounds_close
 * once the output is complete. */
row_bounds *row_writer_close(row_writer *writer);

#endif
