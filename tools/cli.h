/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the commands share: option tables, help, messages, output that appears
 * whole or not at all, and the exit status. */
#ifndef LLN_TOOLS_CLI_H
#define LLN_TOOLS_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/status.h"

#define LLN_VERSION "0.1.0"

/* Exit statuses. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

typedef enum {
    CLI_FLAG,  /* bool */
    CLI_TEXT,  /* const char *: the argument as it stands */
    CLI_COUNT, /* size_t in [low, high] */
    CLI_REAL,  /* double in [low, high]; with `open`, low and high excluded */
} cli_type;

/* One row drives parsing, --help and the check against the man page. */
typedef struct {
    const char *name;     /* long name, without dashes */
    char letter;          /* short name; 0: none */
    cli_type type;
    const char *argument; /* its name in --help; NULL for flags */
    const char *help;     /* one line; states the default */
    void *target;         /* where the value goes */
    double low, high;     /* range of CLI_COUNT and CLI_REAL */
    bool open;
} cli_option;

typedef struct {
    const char *name;     /* "lln-entropy" */
    const char *summary;  /* one line */
    const char *usage;    /* synopsis after the name; NULL: "[OPTION]... [FILE]" */
    const cli_option *options; /* the tool's own, ended by name NULL */
    const cli_option *shared;  /* what tools share, ended by name NULL */
} cli_tool;

/* Parses argv by both tables; --help and --version are answered here (exit
 * 0) and bad usage too (one line, "Try 'lln-x --help'", exit 2). Returns the
 * index of the first operand. Numbers are read whole and in range: "0.5x",
 * "nan", "" and out of range are usage errors that name option and range. */
int cli_parse(const cli_tool *tool, int argc, char **argv);

/* Bad usage found after parsing: message, hint, exit 2. */
__attribute__((noreturn, format(printf, 1, 2))) void
cli_usage(const char *format, ...);

/* Prints "lln-x: MESSAGE" and ends with exit 1, removing unfinished output;
 * cli_check does so for a status that is not LLN_OK, with its message. */
__attribute__((noreturn, format(printf, 1, 2))) void
cli_fail(const char *format, ...);
void cli_check(lln_status status);

/* Opens the output: stdout for NULL or "-", else a temporary file beside
 * `path` that takes its name in cli_finish. A missing folder is an error
 * here, before any work. */
FILE *cli_output(const char *path);

/* Flushes, checks and publishes the output and returns the exit status for
 * main: failure to write (a full disk) is exit 1. */
int cli_finish(void);

/* Makes Ctrl-C and SIGTERM set lln_stop_requested; SIGPIPE ends quietly. */
void cli_catch_signals(void);

/* Reads a number written whole as text, as the options do.
 * Returns false if it is not one. */
bool cli_read_real(const char *text, double *value);

#endif
