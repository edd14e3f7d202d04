/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes the table of a run: identity columns, the tool's own, standard
 * errors. */
#ifndef LLN_TOOLS_ROWS_H
#define LLN_TOOLS_ROWS_H

#include <stdio.h>

#include "average.h"
#include "bounds.h"
#include "identity.h"

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
