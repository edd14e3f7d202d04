/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "complete_line.h"

#include <string.h>

#include "message.h"

const cli_option *complete_find_option(const cli_tool *tool,
                                       complete_test *test, const char *text,
                                       size_t length)
{
    const cli_option *const tables[] = {tool->options, tool->shared,
                                        cli_standard};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
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

/* Reads "--name", "--name=value", "-n", "-nvalue" or "-qn". The value is NULL
 * if the word has none. Returns NULL if the word names no option. */
static const cli_option *read_option(const cli_tool *tool, const char *word,
                                     const char **value)
{
    *value = NULL;
    if (word[1] == '-') {
        const cli_option *option = find_long(tool, word + 2);
        const char *equals = strchr(word, '=');
        if (equals)
            *value = equals + 1;
        return option;
    }
    const cli_option *option = NULL;
    while (*++word) {
        option = complete_find_option(tool, has_letter, word, 1);
        if (!option || !needs_value(option))
            continue;
        if (word[1])
            *value = word + 1;
        break;
    }
    return option;
}

/* Whether a flag with an optional number takes the next word. */
static bool takes_number(const cli_option *option, const char *word)
{
    return option->type == CLI_MAYBE_COUNT && *word &&
           word[strspn(word, "0123456789")] == '\0';
}

/* What the last word is; `owner`: the option before it that needs a value. */
static void read_last(complete_line *line, const cli_option *owner, bool only)
{
    char *word = line->words[line->count - 1], *equals = strchr(word, '=');
    line->end = line->count - 1 - (owner != NULL);
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

complete_line complete_line_read(const cli_tool *tool, char **words, int count)
{
    complete_line line = {.tool = tool, .words = words, .count = count};
    const cli_option *owner = NULL;
    bool only = false; /* operands, after "--" */
    line.items = cli_alloc((size_t)count, sizeof *line.items);
    for (int i = 0; i < count - 1; i++) {
        line_item item = {.value = words[i], .first = i, .count = 1};
        bool is_option = !only && words[i][0] == '-' && words[i][1];
        if (is_option && strcmp(words[i], "--") == 0) {
            only = true;
            continue;
        }
        if (is_option)
            item.option = read_option(tool, words[i], &item.value);
        if (item.option && !item.value && needs_value(item.option)) {
            if (i + 1 == count - 1) {
                owner = item.option;
                break;
            }
            item.value = words[++i];
            item.count = 2;
        } else if (item.option && !item.value && i + 1 < count - 1 &&
                   takes_number(item.option, words[i + 1])) {
            item.value = words[++i];
            item.count = 2;
        }
        if (item.option || !is_option)
            line.items[line.item_count++] = item;
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
