/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-entropy --at-lengths: the columns of rows for the first tokens of a
 * text. */
#ifndef LLN_TOOLS_AT_LENGTHS_H
#define LLN_TOOLS_AT_LENGTHS_H

#include "cli.h"
#include "row_means.h"

/* The value of the option; NULL: it was not given. */
extern char *at_lengths_text;

/* The row of the option in the table of a tool. */
#define AT_LENGTHS_OPTION                                                      \
    {                                                                          \
        "at-lengths", 0, CLI_LIST, "LIST",                                     \
            "print one row for each length of a list such as 64,128 or "       \
            "64:1024:5:log: means of the columns of --per-row over the first " \
            "tokens as queries and keys",                                      \
            &at_lengths_text, 0, 0, false                                      \
    }

/* Names the option if --columns has a name of its table in another table. */
void at_lengths_absent(void);

/* Measures all heads and writes the table. Ends the process on bad usage;
 * returns the exit status for main. */
int at_lengths_write(const row_source *rows);

#endif
