/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables that are not about heads, and what all tables share: their style,
 * their comments and their early end. */
#ifndef LLN_TOOLS_LISTING_H
#define LLN_TOOLS_LISTING_H

#include <stdbool.h>
#include <stdio.h>

#include "table/table.h"

/* A table with these columns alone, ended by name NULL, on the output and in
 * the form that the shared options ask for. Rows go in by lln_table_row and
 * cli_check_output; closing returns the exit status for main. Closing early,
 * when the user interrupts, keeps the rows that are written and says how many
 * of all they are. */
lln_table *run_table_open(const lln_column *columns);
int run_table_close(lln_table *table);
int run_table_close_early(lln_table *table, size_t written, size_t total);

/* The style that the shared options ask for. */
lln_table_style run_table_style(void);

/* Writes the # lines of --comments; heads that are sampled have a seed. */
void run_table_comment(FILE *out, bool sampled);

/* Ends the output when the user interrupts: keeps what has been written and
 * says how many of all `unit` it is. Returns the exit status for main. */
int run_table_finish_early(size_t written, size_t total, const char *unit);

#endif
