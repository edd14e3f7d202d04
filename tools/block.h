/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of a table before they are averaged and written. */
#ifndef LLN_TOOLS_BLOCK_H
#define LLN_TOOLS_BLOCK_H

#include "columns.h"
#include "core/status.h"

/* The result of one case: `rows` records of the plan's type. Averages over
 * trials and heads are taken field by field over real columns, which needs the
 * same number of rows from each. Integers are those of the first; text is kept
 * if it is the same in all. Text must live until the process ends. */
typedef struct {
    record_type type;
    size_t rows;
    char *records; /* [rows], owned */
    char *errors;  /* [rows], owned: records whose real fields contain the
                      standard errors of values that were estimated from some of
                      the rows; NaN for other values */
} run_block;

/* Sets the number of rows, with all fields missing; 0: the case gets no rows. A
 * measure that yields one row need not call it. LLN_ENOMEM. */
LLN_NODISCARD lln_status run_block_resize(run_block *block, size_t rows);

/* The record of a row, and the record of its standard errors. */
void *run_block_record(const run_block *block, size_t row);
void *run_block_errors(const run_block *block, size_t row);

void run_block_free(run_block *block);

/* Appends the rows of `from` to `to`, which is zeroed or has the same type.
 * Ends the process when out of memory. */
void run_block_append(run_block *to, const run_block *from);

#endif
