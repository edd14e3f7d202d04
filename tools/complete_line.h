/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A command line that is being typed: its options, operands, and what the word
 * at the cursor is. */
#ifndef LLN_TOOLS_COMPLETE_LINE_H
#define LLN_TOOLS_COMPLETE_LINE_H

#include "cli.h"

/* A word before the last, or several: an option with its value, or an
 * operand. */
typedef struct {
    const cli_option *option; /* NULL: an operand */
    const char *value; /* of the option; NULL: it has none. The operand */
    int first, count;  /* its words */
} line_item;

typedef struct {
    const cli_tool *tool;
    char **words; /* [count]; the last one is completed */
    int count;
    line_item *items; /* [item_count] */
    size_t item_count;
    const cli_option *option; /* whose value is completed; NULL: none */
    size_t before; /* bytes of the last word that precede the value */
    bool is_name;  /* the name of an option is completed */
} complete_line;

/* Calls f for each option of a tool, in the order of --help, until it returns
 * true. Returns that option; NULL: there is none. */
typedef bool complete_test(const cli_option *option, const char *text,
                           size_t length);
const cli_option *complete_find_option(const cli_tool *tool,
                                       complete_test *test, const char *text,
                                       size_t length);

/* Reads the line as cli_parse does, without a message about what is wrong.
 * Names may be shortened. count > 0. The items are kept until the process
 * ends. */
complete_line complete_line_read(const cli_tool *tool, char **words, int count);

/* The last value of the option with this name; NULL: it has none. */
const char *complete_line_value(const complete_line *line, const char *name);

/* The first operand; NULL: there is none. */
const char *complete_line_operand(const complete_line *line);

/* Whether the option was given. */
bool complete_line_has(const complete_line *line, const cli_option *option);

#endif
