/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables that are not about heads; and what all tables have in common: style,
 * comments and early end. */
#ifndef LLN_TOOLS_LISTING_H
#define LLN_TOOLS_LISTING_H

#include <stdbool.h>
#include <stdio.h>

#include "columns.h"

/* A table of records of one type, on the output and in the format that the
 * shared options choose, with the columns of --columns. listing_close returns
 * the exit status for main. listing_close_early, for use after a signal, keeps
 * the rows that are written, says how many of all they are, and ends the
 * process. */
typedef struct {
    lln_table *table;
    record_type type;
    size_t *selected; /* [count], owned */
    size_t count;
    lln_cell *cells; /* [count], owned */
} listing;

listing listing_open(record_type type);

/* Ends the process if an option about heads, or a file, was given with this
 * option, whose table is about no head. */
void listing_refuse_heads(const char *option);

void listing_put(listing *list, const void *record);
int listing_close(listing *list);
__attribute__((noreturn)) void
listing_close_early(listing *list, size_t written, size_t total);

/* The style that the shared options choose; call it after the output is open.
 * Without --format, it is the aligned table if the output is a terminal, else
 * csv. */
lln_table_style run_table_style(void);

/* Writes the # lines of --comments, with the seed if `seeded`. */
void run_table_comment(FILE *out, bool seeded);

#define RUN_GOES_ON "; repeat the command with --resume to continue"

/* Ends the output and the process after a signal. Keeps the rows that are
 * written, in FILE.partial if the output is a file. Says how many of all `unit`
 * they are and, if `resumable`, how to continue. */
__attribute__((noreturn)) void run_table_finish_early(size_t written,
                                                      size_t total,
                                                      const char *unit,
                                                      bool resumable);

#endif
