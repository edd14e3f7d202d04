/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "complete_line.h"

#include <string.h>

#include "help.h"
#include "message.h"

const cli_option *complete_find_option(const cli_tool *tool,
                                       complete_test *test, const char *text,
                                       size_t length)
{
    enum { TABLES = 3 };
    const cli_option *const tables[TABLES] = {tool->options, tool->shared,
                                              help_standard};
    for (size_t i = 0; i < TABLES; i++)
        for (const cli_option *o = tables[i]; o && o->name; o++)
            if (test(o, text, length))
                return o;
    return NULL;
}

static bool has_name(const cli_option *option, const char *text, size_t length)
{
    return strlen(option->name) == length &&
           strncmp(option->name, text, length) == 0;
}

static bool begins_with(const cli_option *option, const char *text,
                        size_t length)
{
    return strncmp(option->name, text, length) == 0;
}

static bool has_letter(const cli_option *option, const char *text,
                       size_t length)
{
    (void)length;
    return option->letter && option->letter == *text;
}

/* The option of a long name, which may be shortened. */
static const cli_option *find_long(const cli_tool *tool, const char *name)
{
    size_t length = strcspn(name, "=");
    const cli_option *found =
        complete_find_option(tool, has_name, name, length);
    return found ? found
                 : complete_find_option(tool, begins_with, name, length);
}

/* Whether the value, if it is no part of the word, is the next word. */
static bool needs_value(const cli_option *option)
{
    return option->type != CLI_FLAG && option->type != CLI_MAYBE &&
           option->type != CLI_MAYBE_COUNT;
}

/* Adds an item. Its words are counted later. */
static void add(complete_line *line, const cli_option *option,
                const char *value, int first)
{
    line->items[line->item_count++] = (line_item){option, value, first, 0};
}

/* Reads "-n", "-nvalue" or "-qn": adds each option. Returns the last one, or
 * NULL if it is unknown. */
static const cli_option *read_letters(complete_line *line, int at)
{
    const cli_option *option = NULL;
    for (const char *letter = line->words[at] + 1; *letter; letter++) {
        option = complete_find_option(line->tool, has_letter, letter, 1);
        if (!option)
            return NULL;
        bool takes = needs_value(option);
        add(line, option, takes && letter[1] ? letter + 1 : NULL, at);
        if (takes)
            return option;
    }
    return option;
}

/* Adds the options of a word; returns the last one, or NULL if there is
 * none. */
static const cli_option *read_options(complete_line *line, int at)
{
    const char *word = line->words[at], *equals = strchr(word, '=');
    if (word[1] != '-')
        return read_letters(line, at);
    const cli_option *option = find_long(line->tool, word + 2);
    if (option)
        add(line, option, equals ? equals + 1 : NULL, at);
    return option;
}

/* Whether a flag with an optional number takes the next word. */
static bool takes_number(const cli_option *option, const char *word)
{
    return option->type == CLI_MAYBE_COUNT && *word &&
           word[strspn(word, "0123456789")] == '\0';
}

/* Decides what the last word is; `owner`: the option before it that needs a
 * value. */
static void read_last(complete_line *line, const cli_option *owner, bool only)
{
    char *word = line->words[line->count - 1], *equals = strchr(word, '=');
    line->option = owner;
    if (owner || only || word[0] != '-' || !word[1])
        line->is_name = !owner && !only && strcmp(word, "-") == 0;
    else if (word[1] == '-' && equals) {
        line->option = find_long(line->tool, word + 2);
        line->before = (size_t)(equals + 1 - word);
        line->is_name = !line->option; /* nothing fits it */
    } else
        line->is_name = true;
}

/* Reads the word at `at`, and the next one if it is its value; returns their
 * number. Sets *owner if the value is the last word of the line. */
static int read_word(complete_line *line, int at, const cli_option **owner)
{
    bool is_option = line->words[at][0] == '-' && line->words[at][1];
    const cli_option *option = is_option ? read_options(line, at) : NULL;
    if (!is_option)
        add(line, NULL, line->words[at], at);
    if (is_option && !option)
        return 1;
    line_item *item = &line->items[line->item_count - 1];
    item->count = 1;
    if (!option || item->value)
        return 1;
    bool last = at + 2 == line->count;
    if (last && needs_value(option)) {
        *owner = option;
        line->item_count--;
    } else if (needs_value(option) ||
               (!last && takes_number(option, line->words[at + 1]))) {
        item->value = line->words[at + 1];
        item->count = 2;
    }
    return item->count;
}

complete_line complete_line_read(const cli_tool *tool, char **words, int count)
{
    complete_line line = {.tool = tool, .words = words, .count = count};
    const cli_option *owner = NULL;
    bool only = false; /* operands, after "--" */
    size_t most = 1;
    for (int i = 0; i < count; i++)
        most += 1 + strlen(words[i]); /* "-qn" has several items */
    line.items = cli_alloc(most, sizeof *line.items);
    for (int i = 0; i < count - 1;) {
        if (only) {
            add(&line, NULL, words[i], i);
            line.items[line.item_count - 1].count = 1;
            i++;
        } else if (strcmp(words[i], "--") == 0) {
            only = true;
            i++;
        } else {
            i += read_word(&line, i, &owner);
        }
    }
    read_last(&line, owner, only);
    return line;
}

const char *complete_line_value(const complete_line *line, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < line->item_count; i++)
        if (line->items[i].option &&
            strcmp(line->items[i].option->name, name) == 0)
            value = line->items[i].value;
    return value;
}

const char *complete_line_operand(const complete_line *line)
{
    for (size_t i = 0; i < line->item_count; i++)
        if (!line->items[i].option)
            return line->items[i].value;
    return NULL;
}

bool complete_line_has(const complete_line *line, const cli_option *option)
{
    for (size_t i = 0; i < line->item_count; i++)
        if (line->items[i].option == option)
            return true;
    return false;
}
