/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --resume: an interrupted table goes on from the rows in FILE.partial. */
#ifndef LLN_TOOLS_RESUME_H
#define LLN_TOOLS_RESUME_H

#include "groups.h"

/* Ends the process on bad usage of --resume with the plan, whose table has the
 * columns of the writer in this style. */
void resume_check(const run_plan *plan, const row_writer *writer,
                  lln_table_style style);

/* Copies the rows of FILE.partial that the command would write first, byte for
 * byte, to `out`, and tells the writer of the groups. Returns how many cases
 * need not be measured, in the order of the run; 0, with nothing copied: there
 * is no such file, or it has no row. Ends the process if its header, or what
 * its rows say of their heads, is not that of this command. */
size_t resume_copy(const row_groups *groups, FILE *out);

#endif
