/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "complete_columns.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "complete.h"
#include "complete_offer.h"
#include "message.h"

static const complete_line *asked; /* NULL: no columns are asked for */
static FILE *answers;

/* The exit status of a process that has found the columns. */
enum { ANSWERED = 100 };

/* Parts of the line that the command runs with. */
enum { SHARED = 1, OPERANDS = 2, PLACEHOLDER = 4, OWN = 8 };

/* The first that succeeds decides. Some tables need a FILE, which may follow
 * later; it is not opened before the columns are chosen. */
static const unsigned attempts[] = {OWN | SHARED | OPERANDS,
                                    OWN | SHARED | PLACEHOLDER, OWN,
                                    OWN | PLACEHOLDER, 0};

bool complete_columns_takes(const char *option)
{
    return strcmp(option, "columns") == 0 ||
           strcmp(option, "fail-below") == 0 ||
           strcmp(option, "fail-above") == 0;
}

/* Whether the option writes files, or prints another thing than the table. */
static bool is_left_out(const cli_option *option)
{
    static const char *const names[] = {"output", "resume",  "write-heads",
                                        "help",   "version", "list-kernels",
                                        NULL};
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], option->name) == 0)
            return true;
    return false;
}

static bool is_own(const cli_tool *tool, const cli_option *option)
{
    for (const cli_option *own = tool->options; own && own->name; own++)
        if (own == option)
            return true;
    return false;
}

static bool is_taken(const complete_line *line, const line_item *item,
                     unsigned parts)
{
    if (!item->option)
        return parts & OPERANDS;
    if (is_left_out(item->option))
        return false;
    return parts & (is_own(line->tool, item->option) ? OWN : SHARED);
}

/* Appends the words of the options, or those of the operands. */
static int append(const complete_line *line, unsigned parts, bool operands,
                  char **arguments, int count)
{
    for (size_t i = 0; i < line->item_count; i++) {
        const line_item *item = &line->items[i];
        if (operands == (item->option == NULL) && is_taken(line, item, parts))
            for (int j = 0; j < item->count; j++)
                arguments[count++] = line->words[item->first + j];
    }
    return count;
}

/* Writes the arguments of the command after its name; returns their number with
 * the name. */
static int choose_arguments(const complete_line *line, unsigned parts,
                            char **arguments)
{
    static char end[] = "--", placeholder[] = "/dev/null";
    int count = append(line, parts, false, arguments, 1);
    arguments[count++] = end;
    if (parts & PLACEHOLDER)
        arguments[count++] = placeholder;
    return append(line, parts, true, arguments, count);
}

bool complete_columns_run(const complete_line *line, FILE *out, int *argc,
                          char ***argv)
{
    char **arguments = cli_alloc((size_t)line->count + 4, sizeof *arguments);
    arguments[0] = (*argv)[0];
    fflush(out);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            alarm(COMPLETE_SECONDS); /* a child does not inherit it */
            asked = line;
            answers = out;
            *argc = choose_arguments(line, attempts[i], arguments);
            *argv = arguments;
            return true;
        }
        if (child < 0 || waitpid(child, &status, 0) != child ||
            (WIFEXITED(status) && WEXITSTATUS(status) == ANSWERED))
            break;
    }
    free(arguments);
    return false;
}

/* Offers each group once. groups: separated by spaces. */
static void offer_groups(const lln_column_name *names, size_t count)
{
    char *seen = cli_copy(" ");
    for (size_t i = 0; i < count; i++) {
        char *copy = cli_copy(names[i].group ? names[i].group : "");
        char *rest = copy, *group, *longer;
        while ((group = strsep(&rest, " "))) {
            const char *end = seen + strlen(seen);
            if (!*group || complete_is_listed(group, seen, end, ' '))
                continue;
            complete_offer(group, "", "group of columns");
            if (asprintf(&longer, "%s%s ", seen, group) < 0)
                cli_fail("out of memory");
            free(seen);
            seen = longer;
        }
        free(copy);
    }
    free(seen);
    complete_offer(LLN_COLUMNS_ALL, "", "all columns");
}

/* Begins the answer for a list of columns, and returns the list. */
static const char *begin_list(void)
{
    complete_begin(asked->words[asked->count - 1], asked->before, answers);
    const char *list = complete_part();
    complete_narrow(",");
    complete_stay();
    return list;
}

/* Offers the column unless it is in the list. */
static void offer_column(const char *name, const char *list, const char *end)
{
    if (!complete_is_listed(name, list, complete_part(), ','))
        complete_offer(name, end, NULL);
}

__attribute__((noreturn)) static void end_answer(void)
{
    fflush(answers);
    _exit(ANSWERED);
}

static bool are_bounds(void)
{
    return strcmp(asked->option->name, "columns") != 0;
}

void complete_columns_answer(const lln_column_name *names, size_t count)
{
    if (!asked)
        return;
    if (are_bounds())
        end_answer(); /* a table without bounds */
    const char *list = begin_list();
    offer_groups(names, count);
    for (size_t i = 0; i < count; i++)
        offer_column(names[i].name, list, "");
    end_answer();
}

void complete_bounds_answer(const lln_column *columns, size_t count)
{
    if (!asked || !are_bounds())
        return;
    const char *list = begin_list();
    for (size_t i = 0; i < count; i++)
        if (!lln_cell_is_text(columns[i].type))
            offer_column(columns[i].name, list, "=");
    end_answer();
}

void complete_columns_stop(void)
{
    if (asked)
        _exit(ANSWERED);
}
