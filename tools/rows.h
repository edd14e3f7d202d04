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

/* Writes the rows that wait for the end of the table, for a command that
 * fails. */
void row_writer_show(row_writer *writer);

/* Ends the table and releases all but the bounds, which are for bounds_close
 * once the output is complete. Warns if rows cannot be told apart by the
 * columns that were printed. */
row_bounds *row_writer_close(row_writer *writer);

#endif
