/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes the table of a run: identity columns, the columns of the plan and
 * their spread, or the selection by --columns. */
#ifndef LLN_TOOLS_ROWS_H
#define LLN_TOOLS_ROWS_H

#include <stdio.h>

#include "average.h"
#include "bounds.h"
#include "identity.h"
#include "plan.h"

/* The columns at the end of the table: the spread of values whose mean a real
 * column shows. */
typedef enum {
    SPREAD_NONE,
    SPREAD_ERROR, /* <column>_se, the standard error */
    SPREAD_HEADS  /* <column>_min, _max, _sd, _median and _se, over heads */
} row_spread;

typedef struct row_writer row_writer;

/* Opens a table on `out` with columns of this record type. Ends the process
 * when out of memory, and if --columns or a bound names an unknown column. All
 * functions here that write end the process if writing fails. */
row_writer *row_writer_open(FILE *out, record_type type, row_spread spread,
                            lln_table_style style);

/* Makes the writer show rows by lines on `out` instead of a table. */
void row_writer_show_lines(row_writer *writer, FILE *out, run_show *show);

/* The passes that must be computed for the columns that are printed or have
 * bounds. */
unsigned row_writer_passes(const row_writer *writer);

/* Whether the next rows are compared with bounds; at first they are. */
void row_writer_compare(row_writer *writer, bool compare);

void row_writer_put(row_writer *writer, const row_identity *identity,
                    const row_average *average);

/* For --resume. The printed columns: their number, their names, and whether
 * they belong to the identity. */
size_t row_writer_columns(const row_writer *writer);
const char *row_writer_name(const row_writer *writer, size_t column);
bool row_writer_identifies(const row_writer *writer, size_t column);

/* Write to `out` the text before the first row, or a row with this identity;
 * its other cells have no meaning. */
void row_writer_begin(const row_writer *writer, FILE *out,
                      lln_table_style style);
void row_writer_identify(const row_writer *writer, FILE *out,
                         lln_table_style style, const row_identity *identity);

/* Tells the table that `rows` of its rows, more than 0, are already on its
 * stream. */
void row_writer_continue(row_writer *writer, size_t rows);

/* Writes the rows that are held back until the end of the table, for a command
 * that fails. */
void row_writer_show(row_writer *writer);

/* Ends the table and frees everything except the bounds, which the caller
 * passes to bounds_close once the output is complete. Warns if the printed
 * columns do not distinguish all rows. */
row_bounds *row_writer_close(row_writer *writer);

#endif
