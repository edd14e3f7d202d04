/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/choice.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

/* Whether a name is one of those in a list with spaces. */
static bool lists(const char *groups, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = groups; at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, name, length) == 0 &&
            (at[length] == '\0' || at[length] == ' '))
            return true;
    }
    return false;
}

static bool is_in_group(const lln_column_name *column, const char *group)
{
    if (strcmp(group, LLN_COLUMNS_ALL) == 0)
        return true;
    if (strcmp(group, LLN_COLUMNS_DEFAULT) == 0 &&
        lists(column->group, LLN_COLUMNS_ID))
        return true;
    return lists(column->group, group);
}

static bool fits(const lln_column_name *column, const char *part)
{
    return is_in_group(column, part) || fnmatch(part, column->name, 0) == 0;
}

/* Edits (a character more, less or another) that turn a into b; names are
 * short. */
static size_t edits(const char *a, const char *b)
{
    size_t row[128], length = strlen(b);
    if (length >= sizeof row / sizeof *row)
        return length;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t above = row[j],
                   least = above < row[j - 1] ? above : row[j - 1];
            size_t exchange = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = above;
            row[j] = least + 1 < exchange ? least + 1 : exchange;
        }
    }
    return row[length];
}

static bool is_similar(const char *part, const char *name)
{
    return strstr(name, part) || edits(part, name) <= 1 + strlen(part) / 4;
}

/* Adds a name to the lists of a message. */
static void add_name(const char *part, const char *name, char all[4096],
                     char similar[1024])
{
    lln_text_append(all, 4096, name);
    if (*part && is_similar(part, name))
        lln_text_append(similar, 1024, name);
}

/* Adds the groups of column i that no earlier column has. */
static void add_groups(const char *part, const lln_column_name *names, size_t i,
                       char all[4096], char similar[1024])
{
    char group[128];
    const char *rest = names[i].group;
    while (rest && *rest) {
        size_t length = strcspn(rest, " "), j = 0;
        snprintf(group, sizeof group, "%.*s", (int)length, rest);
        while (j < i && !lists(names[j].group, group))
            j++;
        if (j == i)
            add_name(part, group, all, similar);
        rest += length + (rest[length] == ' ');
    }
}

static lln_status refuse(const char *part, const lln_column_name *names,
                         size_t count)
{
    char similar[1024] = "", all[4096] = "";
    add_name(part, LLN_COLUMNS_ALL, all, similar);
    for (size_t i = 0; i < count; i++)
        add_groups(part, names, i, all, similar);
    for (size_t i = 0; i < count; i++)
        add_name(part, names[i].name, all, similar);
    return lln_fail(LLN_EINVAL, "no column or group '%s'; %s %s", part,
                    *similar ? "similar names are" : "expected one of",
                    *similar ? similar : all);
}

static bool is_among(const size_t *selected, size_t used, size_t i)
{
    for (size_t at = 0; at < used; at++)
        if (selected[at] == i)
            return true;
    return false;
}

/* Adds the columns that fit a part of the list. */
static lln_status add_part(const char *part, const lln_column_name *names,
                           size_t count, size_t *selected, size_t *used)
{
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        if (!fits(&names[i], part))
            continue;
        found = true;
        if (!is_among(selected, *used, i))
            selected[(*used)++] = i;
    }
    return found ? LLN_OK : refuse(part, names, count);
}

lln_status lln_columns_choose(const char *list, const lln_column_name *names,
                              size_t count, size_t *selected, size_t *used)
{
    char *copy = strdup(list ? list : LLN_COLUMNS_DEFAULT), *rest = copy, *part;
    lln_status status = copy ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
    *used = 0;
    while (status == LLN_OK && (part = strsep(&rest, ",")))
        status = add_part(part, names, count, selected, used);
    free(copy);
    return status;
}
