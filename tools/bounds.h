/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --fail-below and --fail-above: the rows of a table against bounds. */
#ifndef LLN_TOOLS_BOUNDS_H
#define LLN_TOOLS_BOUNDS_H

#include <stdbool.h>
#include <stddef.h>

#include "table/table.h"

typedef struct row_bounds row_bounds;

/* Reads the bounds that the shared options state on a table of these columns
 * [count]. Ends the process on bad usage, as when one is on a column that does
 * not hold numbers. NULL: there are none, which is legal below. */
row_bounds *bounds_open(const lln_column *columns, size_t count);

/* Whether there is a bound on this column. */
bool bounds_on(const row_bounds *all, size_t column);

/* Holds a row against them; a cell that is missing is beyond any bound. True
 * for the first row that does not hold, which bounds_name then names: "a.npz:
 * layer 2, ". */
bool bounds_fail(row_bounds *all, const lln_cell *cells);

/* The same for a head that has no rows, and so none that hold. */
bool bounds_miss(row_bounds *all);
void bounds_name(row_bounds *all, const char *place);

/* The exit status for main after a table that was written with `status`: says
 * which row did not hold, if one did not and all else went well. Releases. */
int bounds_close(row_bounds *all, int status);

#endif
