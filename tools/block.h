/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of a table before they are averaged and written. */
#ifndef LLN_TOOLS_BLOCK_H
#define LLN_TOOLS_BLOCK_H

#include "columns.h"
#include "core/status.h"

/* What one case yields: `rows` records of the plan's type. Trials and heads are
 * averaged field by field over real columns (the first one's integers are
 * kept, and text that is the same in all), which needs the same number of rows
 * from each. Text must live until the process ends. */
typedef struct {
    record_type type;
    size_t rows;
    char *records; /* [rows], owned */
    char *errors;  /* [rows], owned: records whose real fields hold the
                      standard errors of values that were estimated from some
                      rows; NaN for others */
} run_block;

/* Gives the block that many rows (0: the case gets none), all fields missing.
 * A measure that yields one row need not call it. LLN_ENOMEM. */
LLN_NODISCARD lln_status run_block_resize(run_block *block, size_t rows);

/* The record of a row, and that of its standard errors. */
void *run_block_record(const run_block *block, size_t row);
void *run_block_errors(const run_block *block, size_t row);

void run_block_free(run_block *block);

/* Adds the rows of `from` to those of `to`, which is zeroed or has the same
 * type. Ends the process when out of memory. */
void run_block_append(run_block *to, const run_block *from);

#endif
