/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

size_t columns_select(const char *list, const lln_column_name *names,
                      size_t count, size_t *selected)
{
    size_t used = 0;
    lln_status status = lln_columns_choose(list, names, count, selected, &used);
    if (status == LLN_EINVAL)
        cli_usage("--columns: %s", lln_error_message());
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
