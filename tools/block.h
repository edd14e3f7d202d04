/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of a table before they are averaged and written. */
#ifndef LLN_TOOLS_BLOCK_H
#define LLN_TOOLS_BLOCK_H

#include <stddef.h>

#include "core/status.h"
#include "table/table.h"

/* What one case yields: `rows` rows of the tool's own columns. Trials and heads
 * are averaged cell by cell over real columns (the first one's integers are
 * kept, and text that is the same in all), which needs the same number of rows
 * from each. Text must live until the process ends. */
typedef struct {
    const lln_column *types; /* [columns] */
    size_t rows, columns;
    lln_cell *cells; /* [rows x columns], owned */
    double *errors;  /* [rows x columns], owned: standard errors of cells that
                        were estimated from some rows; else NaN */
} run_block;

/* Gives the block that many rows (0: the case gets none), all cells missing. A
 * measure that yields one row need not call it. LLN_ENOMEM. */
LLN_NODISCARD lln_status run_block_resize(run_block *block, size_t rows);

void run_block_free(run_block *block);

/* Adds the rows of `from` to those of `to`, which is zeroed or has the same
 * columns. Ends the process when out of memory. */
void run_block_append(run_block *to, const run_block *from);

#endif
