/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds out whether all rows of a table are distinct. */
#ifndef LLN_TOOLS_DISTINCT_H
#define LLN_TOOLS_DISTINCT_H

#include <stdbool.h>

#include "table/table.h"

/* The rows so far; each takes 16 to 32 bytes. */
typedef struct distinct_rows distinct_rows;

/* Ends the process when out of memory, as do all functions here. */
distinct_rows *distinct_open(void);

/* Adds a cell to the current row. */
void distinct_add_cell(distinct_rows *rows, lln_cell_type type, lln_cell cell);

/* Ends the row; false if an earlier one had the same cells. */
bool distinct_end_row(distinct_rows *rows);

void distinct_free(distinct_rows *rows);

#endif
