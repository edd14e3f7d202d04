/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Completes names of columns. They depend on the table, which depends on the
 * options: the command itself runs up to where it chooses its columns. */
#ifndef LLN_TOOLS_COMPLETE_COLUMNS_H
#define LLN_TOOLS_COMPLETE_COLUMNS_H

#include "complete_line.h"
#include "table/choice.h"
#include "table/table.h"

/* A question is answered within this time, or not at all. */
enum { COMPLETE_SECONDS = 2 };

/* Whether the value of this option is names of columns. */
bool complete_columns_takes(const char *option);

/* Runs the command with the options and operands of the line, which must not
 * end with an error; if it does, with fewer of them. Returns true in a process
 * of its own, in which it sets argc and argv for the command, which goes on.
 * Returns false after an answer to `out`, or if there is none. */
bool complete_columns_run(const complete_line *line, FILE *out, int *argc,
                          char ***argv);

/* Ends the process with these columns if they are asked for, and returns
 * otherwise. */
void complete_columns_answer(const lln_column_name *names, size_t count);

/* The same for bounds, which only columns of numbers can have. Called first. */
void complete_bounds_answer(const lln_column *columns, size_t count);

/* Ends the process if columns are asked for. A command that prints no table
 * calls it before it opens heads. */
void complete_columns_stop(void);

#endif
