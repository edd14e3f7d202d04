/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The command line: option tables and how they are parsed. */
#ifndef LLN_TOOLS_CLI_H
#define LLN_TOOLS_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/number.h"

#define LLN_VERSION "0.1.0"

typedef enum {
    CLI_FLAG,  /* bool */
    CLI_TEXT,  /* const char *: the argument as it stands */
    CLI_LIST,  /* likewise; the first replaces the default, and what is given
                  again is added to it after a comma */
    CLI_LAYER, /* likewise, without a default, after a line feed */
    CLI_MAYBE, /* const char *: "" if the option has no argument, else the
                  argument after =, one of those that the row names, with |
                  between them */
    CLI_COUNT, /* size_t in [low, high] */
    CLI_SEED,  /* uint64_t, any */
    CLI_REAL,  /* double in [low, high]; with `open`, low and high excluded */
} cli_type;

/* One row drives parsing, --help and the check against the man page. */
typedef struct {
    const char *name; /* long name, without dashes */
    char letter;      /* short name; 0: none */
    cli_type type;
    const char *argument; /* its name in --help; NULL for flags */
    const char *help;     /* one line; states the default */
    void *target;         /* where the value goes */
    double low, high;     /* range of CLI_COUNT and CLI_REAL */
    bool open;
} cli_option;

typedef struct {
    const char *name;    /* "lln-entropy" */
    const char *summary; /* one line */
    const char *usage;   /* after the name; NULL: "[OPTION]... [FILE]..." */
    const cli_option *options;   /* the tool's own, ended by name NULL */
    const cli_option *shared;    /* what tools share, ended by name NULL */
    void (*print_choices)(void); /* after the options in --help; NULL: none */
} cli_tool;

/* Parses argv by both tables; --help and --version are answered here (exit
 * 0) and bad usage too (one line, "Try 'lln-x --help'", exit 2). Returns the
 * index of the first operand. Numbers are read whole and in range: "0.5x",
 * "nan", "" and out of range are usage errors that name option and range, and
 * so are options given twice, but for flags and lists.
 * -h, --help, -V and --version need no rows. */
int cli_parse(const cli_tool *tool, int argc, char **argv);

/* The numbers that an option takes, CLI_COUNT or CLI_REAL. */
static inline lln_range cli_range(const cli_option *option)
{
    return (lln_range){option->low, option->high, option->type == CLI_COUNT,
                       option->open};
}

/* Whether the option of that long name stood on the command line. */
bool cli_given(const char *name);

/* The first of these options that did, ended by NULL; NULL: none. */
const char *cli_first_given(const char *const *names);

/* Writes the command line as a shell would take it, on one line of valid
 * UTF-8: control characters but the tab become '?'. --resume is left out: the
 * output that it completes is that of the command without. */
void cli_print_command(FILE *out);

/* Parts of text between separators: one more than there are of these. */
size_t cli_count_parts(const char *text, char separator);

#endif
