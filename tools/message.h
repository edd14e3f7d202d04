/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages on standard error, and the end of the process after an error. */
#ifndef LLN_TOOLS_MESSAGE_H
#define LLN_TOOLS_MESSAGE_H

#include <stddef.h>

#include "core/status.h"

/* Exit statuses. */
enum {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_ASSERTION = 3 /* a bound of --fail-below or --fail-above is violated */
};

/* The name of the command, such as "lln-entropy", which starts every message;
 * by default the name of the program file. The text is kept, not copied. */
void cli_set_name(const char *name);
const char *cli_name(void);

/* Prints "lln-x: MESSAGE" and a hint at --help, and ends with exit status 2. */
__attribute__((noreturn, format(printf, 1, 2))) void
cli_usage(const char *format, ...);

/* Prints "lln-x: MESSAGE", removes unfinished output and ends with exit status
 * 1. cli_check does so for a status other than LLN_OK, with the stored message.
 * Any thread may call them; the first one ends the process. */
__attribute__((noreturn, format(printf, 1, 2))) void
cli_fail(const char *format, ...);
void cli_check(lln_status status);

/* Prints "lln-x: MESSAGE" and goes on. */
__attribute__((format(printf, 1, 2))) void cli_warn(const char *format, ...);

/* The same, for a text that also holds for `more` other cases or files (the
 * unit). */
void cli_warn_of_several(const char *text, size_t more, const char *unit);

/* Allocate a zeroed array, and copy a string. The caller frees them. End the
 * process when out of memory. */
void *cli_alloc(size_t count, size_t size);
char *cli_copy(const char *text);

/* Sets the function that cli_leave calls to end the output: it writes finished
 * rows to standard output and removes an unfinished file. */
void cli_call_when_leaving(void (*end_output)(void));

/* Serialises the end of the process: the first caller continues, later threads
 * block for ever. Call it before a message that ends the process. */
void cli_last_words(void);

/* Ends the process early. Unfinished output is removed; rows on standard output
 * are kept. Memory is not freed, as other threads may still use it. If a signal
 * has asked the command to stop, the process ends by that signal. cli_usage and
 * cli_fail end with this function. */
__attribute__((noreturn)) void cli_leave(int status);

#endif
