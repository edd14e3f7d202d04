/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "help.h"

#include <inttypes.h>
#include <string.h>

enum { COLUMN = 30, WIDTH = 79 }; /* where the help texts start and end */

const cli_option help_standard[] = {
    {"help", 'h', CLI_FLAG, NULL, "print this help and stop", NULL, 0, 0,
     false},
    {"version", 'V', CLI_FLAG, NULL, "print the version and stop", NULL, 0, 0,
     false},
    {0},
};

void help_range(const cli_option *option, char *out, size_t size)
{
    lln_range range = cli_range(option);
    if (cli_is_count(option) || option->type == CLI_REAL)
        lln_range_text(&range, out, size);
    else if (option->type == CLI_SEED)
        snprintf(out, size, "a whole number from 0 to %" PRIu64, UINT64_MAX);
    else
        snprintf(out, size, "%s", option->argument ? option->argument : "");
}

/* Prints text that starts at column COLUMN, after `used` columns of the
 * line. */
static void print_wrapped(const char *text, int used)
{
    if (used + 2 > COLUMN) {
        putchar('\n');
        used = 0;
    }
    printf("%*s", COLUMN - used, "");
    for (int column = COLUMN; *text;) {
        int word = (int)strcspn(text, " ");
        if (column > COLUMN && column + 1 + word > WIDTH) {
            printf("\n%*s", COLUMN, "");
            column = COLUMN;
        } else if (column > COLUMN) {
            putchar(' ');
            column++;
        }
        printf("%.*s", word, text);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

/* The form of the value of an option, with its name. */
static const char *value_format(const cli_option *option)
{
    switch (option->type) {
    case CLI_MAYBE:
        return "[=%s]";
    case CLI_MAYBE_COUNT:
        return " [%s]";
    default:
        return " %s";
    }
}

const char *help_text(const cli_tool *tool, const cli_option *option)
{
    const cli_text *texts = tool->texts;
    for (; texts && texts->name; texts++)
        if (strcmp(texts->name, option->name) == 0)
            return texts->help;
    return option->help;
}

static void print_options(const cli_tool *tool, const cli_option *option)
{
    for (; option && option->name; option++) {
        int used = option->letter ? printf("  -%c, ", option->letter)
                                  : printf("      ");
        used += printf("--%s", option->name);
        if (option->argument)
            used += printf(value_format(option), option->argument);
        print_wrapped(help_text(tool, option), used);
    }
}

/* Prints the values of an option, under a heading. */
static void print_values(const char *heading,
                         bool (*value)(size_t index, cli_text *value))
{
    cli_text text;
    printf("\n%s:\n", heading);
    for (size_t i = 0; value(i, &text); i++)
        print_wrapped(text.help, printf("  %s", text.name));
}

void help_print(const cli_tool *tool)
{
    printf("Usage: %s %s\n%s\n\n", tool->name,
           tool->usage ? tool->usage : "[OPTION]... [FILE]...", tool->summary);
    printf("%s Defaults are in parentheses.\n\n",
           tool->without ? tool->without : "Without files, heads are sampled.");
    if (tool->options && tool->options->name) {
        puts("Options:");
        print_options(tool, tool->options);
        puts("\nCommon options:");
    } else {
        puts("Options:");
    }
    print_options(tool, tool->shared);
    print_options(tool, help_standard);
    if (tool->method)
        print_values("Methods", tool->method);
    if (tool->kernel)
        print_values("Kernels", tool->kernel);
    printf("\nFor details: man %s, man lln-tools\n", tool->name);
}
