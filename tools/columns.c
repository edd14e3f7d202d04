/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "columns.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "message.h"

static const record_column no_columns[] = {{0}};
const record_type record_none = {no_columns, 1};

size_t record_columns(record_type type)
{
    size_t count = 0;
    while (type.columns[count].name)
        count++;
    return count;
}

static void *field_of(const record_column *column, void *record)
{
    return (char *)record + column->offset;
}

void record_clear(record_type type, void *record)
{
    const record_column *column = type.columns;
    for (; column->name; column++) {
        void *field = field_of(column, record);
        if (column->type == LLN_CELL_REAL)
            *(double *)field = NAN;
        else if (lln_cell_is_text(column->type))
            *(const char **)field = NULL;
        else
            *(long *)field = 0;
    }
}

lln_cell record_cell(const record_column *column, const void *record)
{
    const void *field = (const char *)record + column->offset;
    if (column->type == LLN_CELL_REAL)
        return (lln_cell){.real = *(const double *)field};
    if (lln_cell_is_text(column->type))
        return (lln_cell){.text = *(const char *const *)field};
    return (lln_cell){.integer = *(const long *)field};
}

double *record_real(const record_column *column, void *record)
{
    return field_of(column, record);
}

void record_forget_text(const record_column *column, void *record)
{
    *(const char **)field_of(column, record) = NULL;
}

static bool is_in_group(const column_name *column, const char *group)
{
    bool id = column->group && strcmp(column->group, COLUMNS_ID) == 0;
    if (strcmp(group, COLUMNS_ALL) == 0)
        return true;
    if (strcmp(group, COLUMNS_DEFAULT) == 0 && id)
        return true;
    return column->group && strcmp(column->group, group) == 0;
}

static bool fits(const column_name *column, const char *part)
{
    return is_in_group(column, part) || fnmatch(part, column->name, 0) == 0;
}

/* The number of edits (insert, delete or replace a character) that turn a into
 * b, for short names. */
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

/* Whether an earlier column has the same group. */
static bool group_is_known(const column_name *names, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (names[j].group && strcmp(names[j].group, names[i].group) == 0)
            return true;
    return false;
}

__attribute__((noreturn)) static void
refuse(const char *part, const column_name *names, size_t count)
{
    char similar[1024] = "", all[4096] = "";
    add_name(part, COLUMNS_ALL, all, similar);
    for (size_t i = 0; i < count; i++)
        if (names[i].group && !group_is_known(names, i))
            add_name(part, names[i].group, all, similar);
    for (size_t i = 0; i < count; i++)
        add_name(part, names[i].name, all, similar);
    cli_usage("--columns: no column or group '%s'; %s %s", part,
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

size_t columns_select(const char *list, const column_name *names, size_t count,
                      size_t *selected)
{
    char *copy = cli_copy(list ? list : COLUMNS_DEFAULT), *rest = copy, *part;
    size_t used = 0;
    while ((part = strsep(&rest, ","))) {
        bool found = false;
        for (size_t i = 0; i < count; i++) {
            if (!fits(&names[i], part))
                continue;
            found = true;
            if (!is_among(selected, used, i))
                selected[used++] = i;
        }
        if (!found)
            refuse(part, names, count);
    }
    free(copy);
    return used;
}

lln_table *columns_open(FILE *out, const lln_column *all,
                        const size_t *selected, size_t count,
                        lln_table_style style)
{
    lln_column *columns = cli_alloc(count, sizeof *columns);
    for (size_t i = 0; i < count; i++)
        columns[i] = all[selected[i]];
    lln_table *table = lln_table_alloc(out, columns, count, style);
    if (!table)
        cli_fail("out of memory");
    free(columns);
    return table;
}
