/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages on stderr, and the ends of the process that they announce. */
#ifndef LLN_TOOLS_MESSAGE_H
#define LLN_TOOLS_MESSAGE_H

#include <stddef.h>

#include "core/status.h"

/* Exit statuses. */
enum {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_ASSERTION = 3 /* --fail-below or --fail-above does not hold */
};

/* The name of the command, "lln-entropy", which all messages begin with; until
 * it is set, that of the program file. Kept, not copied. */
void cli_set_name(const char *name);
const char *cli_name(void);

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

/* The same for a text that also holds for `more` other cases or files. */
void cli_warn_of_several(const char *text, size_t more, const char *unit);

/* A zeroed array (lln_array_alloc) and a copy of a string (strdup), which the
 * caller owns; without memory they end the process. */
void *cli_alloc(size_t count, size_t size);
char *cli_copy(const char *text);

/* Sets what cli_leave calls to end the output: it writes rows that are finished
 * to stdout and removes an unfinished file. */
void cli_call_when_leaving(void (*end_output)(void));

/* Serialises the end of the process: the first thread that calls it continues,
 * all later ones block for ever. To be called before a message that ends the
 * process. */
void cli_last_words(void);

/* Ends the process early: unfinished output is removed, rows that went to
 * stdout are kept, and memory is left to the system, as the owners of it are
 * cut off where they stand. After a signal that asked the command to stop the
 * process ends by it. cli_usage and cli_fail end so. */
__attribute__((noreturn)) void cli_leave(int status);

#endif
