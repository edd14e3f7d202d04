/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "complete_columns.h"
#include "message.h"

static const record_column no_columns[] = {{0}};
/* Columns that the table at hand may lack, and the options for them. */
static struct {
    const record_column *columns;
    const char *option;
} elsewhere[16];
static size_t elsewhere_count;

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

void columns_regroup(record_column *columns, const char *group,
                     const char *other)
{
    for (; columns->name; columns++)
        if (columns->group && strcmp(columns->group, group) == 0)
            columns->group = other;
}

void columns_elsewhere(const record_column *columns, const char *option)
{
    elsewhere[elsewhere_count].columns = columns;
    elsewhere[elsewhere_count++].option = option;
}

/* Ends the process if a part is a column of another table. */
static void refuse_elsewhere(const char *part)
{
    for (size_t i = 0; i < elsewhere_count; i++)
        for (const record_column *c = elsewhere[i].columns; c->name; c++) {
            bool own = c->group && strcmp(c->group, COLUMNS_DEFAULT) != 0 &&
                       strcmp(c->group, COLUMNS_ID) != 0;
            if (strcmp(c->name, part) == 0 ||
                (own && strcmp(c->group, part) == 0))
                cli_usage("--columns: no column or group '%s'; it needs --%s",
                          part, elsewhere[i].option);
        }
}

static void refuse_list(const char *list, const lln_column_name *names,
                        size_t count)
{
    char *copy = strdup(list), *rest = copy, *part;
    size_t *selected = cli_alloc(count, sizeof *selected), used;
    while (copy && (part = strsep(&rest, ",")))
        if (lln_columns_choose(part, names, count, selected, &used) != LLN_OK)
            refuse_elsewhere(part);
    free(selected);
    free(copy);
}

size_t columns_select(const char *list, const lln_column_name *names,
                      size_t count, size_t *selected)
{
    size_t used = 0;
    complete_columns_answer(names, count);
    lln_status status = lln_columns_choose(list, names, count, selected, &used);
    if (status == LLN_EINVAL) {
        char message[LLN_MESSAGE];
        strcpy(message, lln_error_message());
        refuse_list(list, names, count);
        cli_usage("--columns: %s", message);
    }
    cli_check(status);
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
