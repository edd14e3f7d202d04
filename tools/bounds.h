/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --fail-below and --fail-above: compares the rows of a table with bounds. */
#ifndef LLN_TOOLS_BOUNDS_H
#define LLN_TOOLS_BOUNDS_H

#include <stdbool.h>
#include <stddef.h>

#include "table/table.h"

typedef struct row_bounds row_bounds;

/* Reads the bounds of the shared options for a table of these columns [count].
 * Ends the process on bad usage, such as a bound on a column of text. NULL:
 * there are no bounds; the functions below accept NULL. */
row_bounds *bounds_open(const lln_column *columns, size_t count);

/* Whether there is a bound on this column. */
bool bounds_on(const row_bounds *all, size_t column);

/* Compares a row with the bounds; a missing cell violates any bound. Returns
 * true for the first row that violates one. The caller then passes the place of
 * this row, such as "a.npz: layer 2: ", to bounds_name. */
bool bounds_fail(row_bounds *all, const lln_cell *cells);

/* The same for a head without rows, which violates the first bound. */
bool bounds_miss(row_bounds *all);
void bounds_name(row_bounds *all, const char *place);

/* Returns the exit status for main after a table that was written with
 * `status`. If all else went well and a row violated a bound, says which. Frees
 * the bounds. */
int bounds_close(row_bounds *all, int status);

#endif
