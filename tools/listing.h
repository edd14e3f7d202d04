/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables that are not about heads, and what all tables share: their style,
 * their comments and their early end. */
#ifndef LLN_TOOLS_LISTING_H
#define LLN_TOOLS_LISTING_H

#include <stdbool.h>
#include <stdio.h>

#include "columns.h"

/* A table of records of this type alone, on the output and in the form that
 * the shared options ask for, with the columns that --columns selects. Closing
 * returns the exit status for main. Closing early, when a signal asks for it,
 * keeps the rows that are written, says how many of all they are and ends the
 * process. */
typedef struct {
    lln_table *table;
    record_type type;
    size_t *selected; /* [count], owned */
    size_t count;
    lln_cell *cells; /* [count], owned */
} listing;

listing listing_open(record_type type);
void listing_put(listing *list, const void *record);
int listing_close(listing *list);
__attribute__((noreturn)) void
listing_close_early(listing *list, size_t written, size_t total);

/* The style that the shared options ask for, once the output is open. Without
 * --format it is for people if that is a terminal, else csv. */
lln_table_style run_table_style(void);

/* Writes the # lines of --comments, the seed among them if it matters. */
void run_table_comment(FILE *out, bool seeded);

#define RUN_GOES_ON "; repeat the command with --resume to continue"

/* Ends the output and the process when a signal asks for it: keeps what has
 * been written, in FILE.partial if it goes to a file, and says how many of all
 * `unit` it is, and how to go on if --resume can. */
__attribute__((noreturn)) void run_table_finish_early(size_t written,
                                                      size_t total,
                                                      const char *unit,
                                                      bool resumable);

#endif
