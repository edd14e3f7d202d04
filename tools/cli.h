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
enum {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_ASSERTION = 3 /* --fail-below or --fail-above does not hold */
};

typedef enum {
    CLI_FLAG,  /* bool */
    CLI_TEXT,  /* const char *: the argument as it stands */
    CLI_LIST,  /* likewise; given again it adds to the list, with a comma */
    CLI_COUNT, /* size_t in [low, high] */
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
    const char *usage; /* synopsis after the name; NULL: "[OPTION]... [FILE]" */
    const cli_option *options;   /* the tool's own, ended by name NULL */
    const cli_option *shared;    /* what tools share, ended by name NULL */
    void (*print_choices)(void); /* after the options in --help; NULL: none */
} cli_tool;

/* Parses argv by both tables; --help and --version are answered here (exit
 * 0) and bad usage too (one line, "Try 'lln-x --help'", exit 2). Returns the
 * index of the first operand. Numbers are read whole and in range: "0.5x",
 * "nan", "" and out of range are usage errors that name option and range.
 * -h, --help, -V and --version need no rows. */
int cli_parse(const cli_tool *tool, int argc, char **argv);

/* Whether the option of that long name stood on the command line. */
bool cli_given(const char *name);

/* The first of these options that did, ended by NULL; NULL: none. */
const char *cli_first_given(const char *const *names);

/* "lln-entropy" */
const char *cli_name(void);

/* Writes the command line as a shell would take it, on one line. */
void cli_print_command(FILE *out);

/* Bad usage found after parsing: message, hint, exit 2. */
__attribute__((noreturn, format(printf, 1, 2))) void
cli_usage(const char *format, ...);

/* Prints "lln-x: MESSAGE" and ends with exit 1, removing unfinished output;
 * cli_check does so for a status that is not LLN_OK, with its message. Any
 * thread may call them; the first one ends the process. */
__attribute__((noreturn, format(printf, 1, 2))) void
cli_fail(const char *format, ...);
void cli_check(lln_status status);

/* Prints "lln-x: MESSAGE" and goes on. */
__attribute__((format(printf, 1, 2))) void cli_warn(const char *format, ...);

/* Keeps back the warnings of this thread, so that threads can give them out in
 * an order of their own; cli_take_warnings ends that and returns their text,
 * which the caller owns; NULL: there were none. cli_give_warnings prints and
 * frees them; NULL is legal. */
void cli_hold_warnings(void);
char *cli_take_warnings(void);
void cli_give_warnings(char *text);

/* A zeroed array (lln_array_alloc) and a copy of a string (strdup), which the
 * caller owns; without memory they end the process. */
void *cli_alloc(size_t count, size_t size);
char *cli_copy(const char *text);

/* Parts of text between separators: one more than there are of these. */
size_t cli_count_parts(const char *text, char separator);

/* Reads a number written whole as text, as the options do: decimal and
 * finite. Returns false if it is not one. */
bool cli_read_real(const char *text, double *value);

/* Opens the output: stdout for NULL or "-", else a temporary file beside
 * `path` that takes its name in cli_finish, with the permissions of the file
 * it replaces or those of any new file. What is not a regular file (a
 * device, a pipe) is written as it is. A missing folder is an error here,
 * before any work. Once a process. The temporary file is removed when the
 * process ends in any way but cli_finish, SIGKILL and a crash excepted. */
FILE *cli_output(const char *path);

/* Ends the process if the output would replace this file; NULL is legal. */
void cli_refuse_overwrite(const char *input);

/* Forgets an output file that is not worth keeping: the file that it would
 * have replaced stays. */
void cli_discard(void);

/* Name of the output in messages: "standard output" or the path. */
const char *cli_output_name(void);

/* cli_check for writing to the output: LLN_EIO is reported with the name of
 * the output, and not at all if the reader of a pipe has gone. */
void cli_check_output(lln_status status);

/* Lets one thread go on alone to the end of the process: to be called before a
 * message that ends it. */
void cli_last_words(void);

/* Ends the process early: unfinished output is removed, rows that went to
 * stdout are kept, and memory is left to the system, as the owners of it are
 * cut off where they stand. cli_usage and cli_fail end so. */
__attribute__((noreturn)) void cli_leave(int status);

/* Flushes, checks and publishes the output and returns the exit status for
 * main: failure to write (a full disk) is exit 1. A signal that comes meanwhile
 * does not keep a file from its name. */
int cli_finish(void);

/* Makes Ctrl-C and SIGTERM set lln_stop_requested, for a command that looks
 * at it; a second one ends the process. */
void cli_catch_signals(void);

#endif
