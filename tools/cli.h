/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The command line: option tables and their parser. */
#ifndef LLN_TOOLS_CLI_H
#define LLN_TOOLS_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/number.h"

typedef enum {
    CLI_FLAG,  /* bool */
    CLI_TEXT,  /* const char *: the argument, unchanged */
    CLI_LIST,  /* char *: the first value replaces the default; further values
                  are appended after a comma */
    CLI_LAYER, /* char *: no default; values are appended after a line feed */
    CLI_MAYBE, /* const char *: "" if the option has no argument, else the
                  argument after =, which is the one named in the row */
    CLI_COUNT, /* size_t in [low, high] */
    CLI_MAYBE_COUNT, /* the same, or its default if no whole number follows,
                        after = or as the next word */
    CLI_SEED,        /* uint64_t, any */
    CLI_REAL, /* double in [low, high]; if `open`, low and high are excluded */
} cli_type;

/* One row drives parsing, --help and the check against the man page. */
typedef struct {
    const char *name; /* long name, without dashes */
    char letter;      /* short name; 0: none */
    cli_type type;
    const char *argument; /* name of its value in --help; NULL for flags */
    const char *help;     /* one line; states the default */
    void *target;         /* the variable that is set */
    double low, high;     /* range of CLI_COUNT and CLI_REAL */
    bool open;
} cli_option;

/* The help text of an option. */
typedef struct {
    const char *name, *help;
} cli_text;

typedef struct {
    const char *name;    /* "lln-entropy" */
    const char *summary; /* one line */
    const char *usage;   /* after the name; NULL: "[OPTION]... [FILE]..." */
    const cli_option *options; /* the tool's own, ended by name NULL */
    const cli_option *shared;  /* common to all tools, ended by name NULL */
    /* Sets the name and help of method number `index` of --method; false: there
     * is none. NULL: the tool has no methods. */
    bool (*method)(size_t index, cli_text *method);
    /* The same for the values of --kernel, if they are not those of all tools.
     */
    bool (*kernel)(size_t index, cli_text *kernel);
    /* With `kernel`: the same for the parameters of a kernel. Also sets the
     * words that are the values; NULL: any value. */
    bool (*parameter)(const char *kernel, size_t index, cli_text *parameter,
                      const char *const **words);
    const cli_text *texts; /* of shared options that mean something else in this
                              tool, ended by name NULL; NULL: none */
    const char *without;   /* sentence of --help on what is used if no file is
                              named; NULL: heads are sampled */
} cli_tool;

/* Parses argv by both tables and returns the index of the first operand. --help
 * and --version are answered here (exit 0), and so is bad usage (one line, "Try
 * 'lln-x --help'", exit 2). A number must be complete and in range: "0.5x",
 * "nan" and "" are usage errors, whose message names the option and its range.
 * An option may be given only once, unless it is a flag or a list. -h, --help,
 * -V and --version need no rows. */
int cli_parse(const cli_tool *tool, int argc, char **argv);

/* Whether the option takes a whole number in a range. */
static inline bool cli_is_count(const cli_option *option)
{
    return option->type == CLI_COUNT || option->type == CLI_MAYBE_COUNT;
}

/* The range of an option of type CLI_COUNT, CLI_MAYBE_COUNT or
 * CLI_REAL. */
static inline lln_range cli_range(const cli_option *option)
{
    return (lln_range){option->low, option->high, cli_is_count(option),
                       option->open};
}

/* Whether the option with this long name was given. */
bool cli_given(const char *name);

/* The first of these options that was given; NULL: none. `names` ends with
 * NULL. */
const char *cli_first_given(const char *const *names);

/* The number of parts of the text: one more than it has separators. */
size_t cli_count_parts(const char *text, char separator);

#endif
