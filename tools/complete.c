/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "complete.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "complete_arrays.h"
#include "complete_columns.h"
#include "complete_offer.h"
#include "complete_values.h"
#include "help.h"

static const complete_line *asked; /* whose options are offered */

bool complete_asked(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "--complete") == 0;
}

/* Whether the option may be given again. */
static bool may_repeat(const cli_option *option)
{
    return option->type == CLI_LIST || option->type == CLI_LAYER;
}

/* Offers an option, and continues with the next one. */
static bool offer_option(const cli_option *option, const char *text,
                         size_t length)
{
    char name[64];
    const char *help = help_text(asked->tool, option);
    (void)text, (void)length;
    if (complete_line_has(asked, option) && !may_repeat(option))
        return false;
    snprintf(name, sizeof name, "--%s", option->name);
    complete_offer(name, "", help);
    if (option->type == CLI_MAYBE) {
        snprintf(name, sizeof name, "--%s=", option->name);
        complete_offer_alternatives(name, option->argument);
    }
    return false;
}

/* The process ends silently if a file system does not answer. */
static void end_silently(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

/* Nothing is read from standard input, and only answers, on the stream that is
 * returned, are written. */
static FILE *silence(void)
{
    int null = open("/dev/null", O_RDWR), out = dup(STDOUT_FILENO);
    if (null < 0 || out < 0)
        _exit(0);
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        dup2(null, file);
    return fdopen(out, "w");
}

void complete_answer(const cli_tool *tool, int *argc, char ***argv)
{
    /* after --complete and -- */
    int first = *argc > 2 && strcmp((*argv)[2], "--") == 0 ? 3 : 2;
    FILE *out = silence();
    signal(SIGALRM, end_silently);
    alarm(COMPLETE_SECONDS);
    if (!out || first >= *argc)
        _exit(0);
    static complete_line line;
    line = complete_line_read(tool, *argv + first, *argc - first);
    asked = &line;
    complete_begin(line.words[line.count - 1], line.before, out);
    if (line.is_name)
        complete_find_option(tool, offer_option, "", 0);
    else if (!line.option)
        complete_place();
    else if (!complete_columns_takes(line.option->name))
        complete_value(&line);
    else if (complete_columns_run(&line, out, argc, argv))
        return;
    fflush(out);
    _exit(0);
}
