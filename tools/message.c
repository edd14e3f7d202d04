/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/threads.h"
#include "progress.h"
#include "signals.h"

static const char *command_name; /* NULL: not set */
static void (*leave_output)(void);
static pthread_mutex_t last = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void cli_set_name(const char *name)
{
    command_name = name;
}

const char *cli_name(void)
{
    return command_name ? command_name : program_invocation_short_name;
}

/* Prints "lln-x: MESSAGE" and `after` in one write, so that messages of other
 * processes do not cut it. Control characters, which names and arguments may
 * contain, are replaced: they must not reach a terminal. */
static void say(const char *after, const char *format, va_list args)
{
    char *text = NULL, *line = NULL;
    progress_clear();
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    size_t size = text ? 4 * strlen(text) + 5 : 0;
    char *shown = text ? malloc(size) : NULL;
    if (shown && asprintf(&line, "%s: %s\n%s", cli_name(),
                          lln_text_printable(shown, size, text), after) < 0)
        line = NULL;
    fputs(line ? line : "out of memory\n", stderr);
    free(line);
    free(shown);
    free(text);
}

void cli_usage(const char *format, ...)
{
    char hint[64];
    va_list args;
    cli_last_words();
    va_start(args, format);
    snprintf(hint, sizeof hint, "Try '%s --help'\n", cli_name());
    say(hint, format, args);
    va_end(args);
    cli_leave(CLI_USAGE);
}

void cli_fail(const char *format, ...)
{
    va_list args;
    cli_last_words();
    va_start(args, format);
    say("", format, args);
    va_end(args);
    cli_leave(CLI_FAILED);
}

void cli_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("", format, args);
    va_end(args);
}

void cli_warn_of_several(const char *text, size_t more, const char *unit)
{
    if (more == 0)
        cli_warn("%s", text);
    else
        cli_warn("%s; the same holds for %zu more %s%s", text, more, unit,
                 more == 1 ? "" : "s");
}

void cli_check(lln_status status)
{
    if (status != LLN_OK)
        cli_fail("%s", lln_error_message());
}

void *cli_alloc(size_t count, size_t size)
{
    void *array = lln_array_alloc(count, size);
    if (!array)
        cli_fail("%s", lln_error_message());
    return array;
}

char *cli_copy(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        cli_fail("out of memory");
    return copy;
}

void cli_call_when_leaving(void (*end_output)(void))
{
    leave_output = end_output;
}

/* If several threads fail at the same time, only the first may print its
 * message, remove files and end the process: the others wait here for ever. */
void cli_last_words(void)
{
    pthread_mutex_lock(&last);
}

void cli_leave(int status)
{
    cli_last_words();
    if (leave_output)
        leave_output();
    fflush(stdout);
    if (lln_stop_requested)
        signals_end_process();
    _exit(status);
}
