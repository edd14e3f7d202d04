/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --resume: continues an interrupted table from the rows in FILE.partial. */
#ifndef LLN_TOOLS_RESUME_H
#define LLN_TOOLS_RESUME_H

#include "groups.h"

/* Whether --resume can continue a table of the plan with the writer's columns
 * in the format of this run. */
bool resume_possible(const run_plan *plan, const row_writer *writer);

/* Ends the process if --resume cannot be used with the plan, the columns of the
 * writer, this style or the output. */
void resume_check(const run_plan *plan, const row_writer *writer,
                  lln_table_style style);

/* Copies to `out`, byte for byte, the rows of FILE.partial that this command
 * would write first, and informs the writer of the groups. Returns the number
 * of cases that need not be measured, in the order of the run; 0: there is no
 * such file or no row, and nothing is copied. Ends the process if the header or
 * the identity of a row differs from that of this command. */
size_t resume_copy(const row_groups *groups, FILE *out);

#endif
