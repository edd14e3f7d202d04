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

/* Names of files and arrays, and what users write, may hold control characters,
 * which must not reach a terminal. */
static void print_line(const char *format, va_list args)
{
    char *text = NULL, *line = NULL;
    size_t size = 0;
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    if (text) {
        size = 4 * strlen(text) + 5;
        line = malloc(size);
    }
    fputs(line ? lln_text_printable(line, size, text) : "out of memory",
          stderr);
    free(line);
    free(text);
}

static void say(const char *format, va_list args)
{
    progress_clear();
    flockfile(stderr);
    fprintf(stderr, "%s: ", cli_name());
    print_line(format, args);
    putc('\n', stderr);
    funlockfile(stderr);
}

void cli_usage(const char *format, ...)
{
    va_list args;
    cli_last_words();
    va_start(args, format);
    say(format, args);
    va_end(args);
    fprintf(stderr, "Try '%s --help'\n", cli_name());
    cli_leave(CLI_USAGE);
}

void cli_fail(const char *format, ...)
{
    va_list args;
    cli_last_words();
    va_start(args, format);
    say(format, args);
    va_end(args);
    cli_leave(CLI_FAILED);
}

void cli_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
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

/* Threads that fail at once must not all speak, nor remove files and end the
 * process under each other's hands: all but the first wait here for good. */
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
