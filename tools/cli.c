/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Parsing and its messages; help.c prints --help. */
#include "cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command_words.h"
#include "core/text.h"
#include "core/version.h"
#include "help.h"
#include "message.h"
#include "output.h"

/* Capacity for the rows of both tables, -h and -V, in the order of --help. */
enum { OPTIONS = 128, LONG_ONLY = 256 };

static const cli_tool *current;
static const cli_option *rows[OPTIONS];
static bool given[OPTIONS];
static size_t row_count;

size_t cli_count_parts(const char *text, char separator)
{
    size_t count = 1;
    for (; *text; text++)
        count += *text == separator;
    return count;
}

static void add_rows(const cli_option *table)
{
    for (; table && table->name; table++) {
        if (row_count == OPTIONS)
            cli_fail("more than %d options", OPTIONS);
        rows[row_count++] = table;
    }
}

static size_t find_letter(int letter)
{
    size_t i = 0;
    while (i < row_count && rows[i]->letter != letter)
        i++;
    return i;
}

static size_t find_name(const char *name)
{
    size_t i = 0;
    while (i < row_count && strcmp(rows[i]->name, name) != 0)
        i++;
    return i;
}

bool cli_given(const char *name)
{
    size_t i = find_name(name);
    return i < row_count && given[i];
}

const char *cli_first_given(const char *const *names)
{
    while (*names && !cli_given(*names))
        names++;
    return *names;
}

/* The row of the value that getopt_long returns: a letter, or LONG_ONLY +
 * row. */
static size_t find_row(int value)
{
    return value >= LONG_ONLY ? (size_t)(value - LONG_ONLY)
                              : find_letter(value);
}

__attribute__((noreturn)) static void
bad_number(const cli_option *option, const char *text, bool is_number)
{
    char range[96];
    help_range(option, range, sizeof range);
    const char *kind = option->type == CLI_REAL ? "a number" : "a whole number";
    if (is_number)
        cli_usage("--%s: '%s' is out of range; expected %s", option->name, text,
                  range);
    cli_usage("--%s: '%s' is not %s; expected %s", option->name, text, kind,
              range);
}

/* Reads the value of an option that takes a number. */
static double read_number(const cli_option *option, const char *text)
{
    double value = 0;
    lln_range range = cli_range(option);
    lln_number read = lln_number_read(text, &range, &value);
    if (read != LLN_NUMBER)
        bad_number(option, text, read == LLN_NUMBER_OUTSIDE);
    return value;
}

static uint64_t read_seed(const cli_option *option, const char *text)
{
    uint64_t value = 0;
    lln_number read = lln_number_read_whole(text, &value);
    if (read != LLN_NUMBER)
        bad_number(option, text, read == LLN_NUMBER_OUTSIDE);
    return value;
}

/* The first value replaces the default; later ones are appended. The list is
 * kept until the process ends. */
static void add_to_list(const cli_option *option, const char *text, bool again)
{
    char separator = option->type == CLI_LIST ? ',' : '\n';
    char **list = option->target, *joined;
    if (!again) {
        *list = cli_copy(text);
        return;
    }
    if (asprintf(&joined, "%s%c%s", *list, separator, text) < 0)
        cli_fail("out of memory");
    free(*list);
    *list = joined;
}

/* Whether text is one of the choices, such as "top|none". */
static bool is_word(const char *choices, const char *text)
{
    for (size_t length; *choices;
         choices += length + (choices[length] == '|')) {
        length = strcspn(choices, "|");
        if (strlen(text) == length && strncmp(choices, text, length) == 0)
            return true;
    }
    return false;
}

static void set_maybe(const cli_option *option, const char *text, bool again)
{
    const char **target = option->target;
    const char *name = option->name, *value = text ? text : "";
    if (text && !is_word(option->argument, text))
        cli_usage("--%s='%s': expected --%s or --%s=%s", name, text, name, name,
                  option->argument);
    if (again && strcmp(*target, value) != 0)
        cli_usage("--%s%s%s cannot be used with --%s=%s", name,
                  **target && *value ? "=" : "",
                  **target && *value ? *target : "", name,
                  *value ? value : *target);
    *target = value;
}

/* again: the option was given before. */
static void set_option(const cli_option *option, const char *text, bool again)
{
    bool adds = option->type == CLI_LIST || option->type == CLI_LAYER;
    bool flag = option->type == CLI_FLAG || option->type == CLI_MAYBE;
    if (again && !flag && !adds)
        cli_usage("--%s is given twice", option->name);
    switch (option->type) {
    case CLI_FLAG:
        *(bool *)option->target = true;
        break;
    case CLI_TEXT:
        *(const char **)option->target = text;
        break;
    case CLI_LIST:
    case CLI_LAYER:
        add_to_list(option, text, again);
        break;
    case CLI_MAYBE:
        set_maybe(option, text, again);
        break;
    case CLI_MAYBE_COUNT:
        if (!text)
            break;
        /* fall through */
    case CLI_COUNT:
        *(size_t *)option->target = (size_t)read_number(option, text);
        break;
    case CLI_SEED:
        *(uint64_t *)option->target = read_seed(option, text);
        break;
    case CLI_REAL:
        *(double *)option->target = read_number(option, text);
        break;
    }
}

/* Refuses an option that getopt_long does not accept: an unknown or ambiguous
 * name, or a flag with a value. */
__attribute__((noreturn)) static void bad_option(const char *word, int value)
{
    if (value >= LONG_ONLY)
        cli_usage("--%s takes no value", rows[find_row(value)]->name);
    if (value != 0)
        cli_usage("unknown option '-%c'", value);
    char matches[256] = "";
    size_t length = strcspn(word, "="), count = 0;
    for (size_t i = 0; i < row_count; i++) {
        if (strncmp(rows[i]->name, word + 2, length - 2) != 0)
            continue;
        char name[64];
        snprintf(name, sizeof name, "--%s", rows[i]->name);
        lln_text_append(matches, sizeof matches, name);
        count++;
    }
    if (count > 1)
        cli_usage("option '%.*s' is ambiguous; expected one of %s", (int)length,
                  word, matches);
    cli_usage("unknown option '%.*s'", (int)length, word);
}

__attribute__((noreturn)) static void missing_argument(size_t row)
{
    char range[96];
    help_range(rows[row], range, sizeof range);
    cli_usage("--%s: no value given; expected %s", rows[row]->name, range);
}

/* Whether the option may have no value. */
static bool is_optional(const cli_option *option)
{
    return option->type == CLI_MAYBE || option->type == CLI_MAYBE_COUNT;
}

/* The next word, if it is a whole number; NULL: it is none. */
static char *next_count(int argc, char **argv)
{
    char *word = optind < argc ? argv[optind] : NULL;
    if (!word || *word == '\0' || word[strspn(word, "0123456789")] != '\0')
        return NULL;
    optind++;
    return word;
}

/* Fills the tables of getopt_long from the rows. */
static void describe(struct option *names, char *letters)
{
    *letters++ = ':';
    for (size_t i = 0; i < row_count; i++) {
        bool takes = rows[i]->type != CLI_FLAG;
        int argument = is_optional(rows[i]) ? optional_argument : takes;
        names[i] =
            (struct option){rows[i]->name, argument, NULL, LONG_ONLY + (int)i};
        if (rows[i]->letter) {
            *letters++ = rows[i]->letter;
            if (takes)
                *letters++ = ':';
        }
    }
    *letters = '\0';
}

/* In the form of the GNU coding standards. */
static void print_version(void)
{
    printf("%s (lln-tools) " LLN_VERSION "\n"
           "Copyright (C) " LLN_YEAR " The lln-tools authors\n"
           "License GPLv3+: GNU GPL version 3 or later "
           "<https://gnu.org/licenses/gpl.html>.\n"
           "This is free software: you are free to change and redistribute "
           "it.\n"
           "There is NO WARRANTY, to the extent permitted by law.\n",
           current->name);
}

static void answer(const cli_option *option)
{
    if (option == &help_standard[0])
        help_print(current);
    else if (option == &help_standard[1])
        print_version();
    else
        return;
    exit(cli_finish());
}

int cli_parse(const cli_tool *tool, int argc, char **argv)
{
    current = tool;
    cli_set_name(tool->name);
    command_words_keep(argc, argv, tool->shared);
    add_rows(tool->options);
    add_rows(tool->shared);
    add_rows(help_standard);
    struct option names[OPTIONS + 1] = {0};
    char letters[2 * OPTIONS + 2];
    describe(names, letters);
    opterr = 0;
    for (;;) {
        int value = getopt_long(argc, argv, letters, names, NULL);
        if (value == -1)
            return optind;
        if (value == '?')
            bad_option(argv[optind - 1], optopt);
        if (value == ':')
            missing_argument(find_row(optopt));
        size_t row = find_row(value);
        answer(rows[row]);
        if (rows[row]->type == CLI_MAYBE_COUNT && !optarg)
            optarg = next_count(argc, argv);
        command_words_own(rows[row],
                          optarg && optarg == argv[optind - 1] ? optind - 2
                                                               : optind - 1,
                          optind);
        set_option(rows[row], optarg, given[row]);
        given[row] = true;
    }
}
