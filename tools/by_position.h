/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-entropy --by-position: the columns of rows against the position of the
 * query. */
#ifndef LLN_TOOLS_BY_POSITION_H
#define LLN_TOOLS_BY_POSITION_H

#include "cli.h"
#include "row_means.h"

/* The number of bins; set by the option. */
extern size_t by_position_bins;

enum { BY_POSITION_MOST = 1000000 };

/* The row of the option in the table of a tool. */
#define BY_POSITION_OPTION                                                     \
    {                                                                          \
        "by-position", 0, CLI_MAYBE_COUNT, "BINS",                             \
            "print one row for each of BINS bins of the positions of queries " \
            "(16): means of the columns of --per-row",                         \
            &by_position_bins, 1, BY_POSITION_MOST, false                      \
    }

/* Names the option if --columns has a name of its table in another table. */
void by_position_absent(void);

/* Measures all heads and writes the table. Returns the exit status for main. */
int by_position_write(const row_source *rows);

#endif
