/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of a run: identity columns, the tool's own, standard errors;
 * and the averages over trials that go into it. */
#ifndef LLN_TOOLS_ROWS_H
#define LLN_TOOLS_ROWS_H

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

/* The blocks of several trials of one case. Zeroed: none yet. */
typedef struct {
    run_block first;       /* text, integers and errors are taken from it */
    lln_average *averages; /* [rows x columns] */
    size_t trials;
} row_average;

/* Adds one block; the first decides how many rows there are. Ends the process
 * if another has more or fewer. */
void row_average_add(row_average *average, const run_block *block);

/* Forgets the blocks, and releases what held them. */
void row_average_reset(row_average *average);

typedef struct row_writer row_writer;

/* A table on `out` with the plan's columns [count]; with `errors` also their
 * standard errors. Ends the process when out of memory, as do all here that
 * write when the output refuses. */
row_writer *row_writer_open(FILE *out, const lln_column *columns, size_t count,
                            bool errors, lln_table_style style);

void row_writer_put(row_writer *writer, const row_identity *identity,
                    const row_average *average);

/* Ends the table. */
void row_writer_close(row_writer *writer);

#endif
