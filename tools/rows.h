/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes the table of a run: identity columns, those of the plan, and their
 * spread, or what --columns selects of them. */
#ifndef LLN_TOOLS_ROWS_H
#define LLN_TOOLS_ROWS_H

#include <stdio.h>

#include "average.h"
#include "bounds.h"
#include "identity.h"

/* The columns at the end that tell how far the values spread whose mean a real
 * column is. */
typedef enum {
    SPREAD_NONE,
    SPREAD_ERROR, /* <column>_se, the standard error */
    SPREAD_HEADS  /* <column>_min, _max, _sd, _median and _se, over heads */
} row_spread;

typedef struct row_writer row_writer;

/* A table on `out` with columns of records of this type. Ends the process when
 * out of memory and when --columns or a bound names a column that is not there,
 * as do all here that write when the output refuses. */
row_writer *row_writer_open(FILE *out, record_type type, row_spread spread,
                            lln_table_style style);

/* What must be computed for the columns that are printed or have bounds. */
unsigned row_writer_passes(const row_writer *writer);

void row_writer_put(row_writer *writer, const row_identity *identity,
                    const row_average *average);

/* For tables that go on where an interrupted one ended. The columns that are
 * printed: how many there are, their names, and whether they belong to the
 * identity. */
size_t row_writer_columns(const row_writer *writer);
const char *row_writer_name(const row_writer *writer, size_t column);
bool row_writer_identifies(const row_writer *writer, size_t column);

/* Writes to `out` what the table has before its first row, or a row of this
 * identity whose other cells have no meaning. */
void row_writer_begin(const row_writer *writer, FILE *out,
                      lln_table_style style);
void row_writer_identify(const row_writer *writer, FILE *out,
                         lln_table_style style, const row_identity *identity);

/* Tells the table that so many rows of it, more than 0, are on its stream. */
void row_writer_continue(row_writer *writer, size_t rows);

/* Writes the rows that wait for the end of the table, for a command that
 * fails. */
void row_writer_show(row_writer *writer);

/* Ends the table and releases all but the bounds, which are for bounds_close
 * once the output is complete. Warns if rows cannot be told apart by the
 * columns that were printed. */
row_bounds *row_writer_close(row_writer *writer);

#endif
