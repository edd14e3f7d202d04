/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bounds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "message.h"
#include "options.h"

typedef struct {
    size_t column;
    double value;
    bool below; /* values below it fail, otherwise values above it */
} bound;

struct row_bounds {
    const lln_column *columns; /* valid while the table is written */
    bound *list;               /* [count] */
    size_t count;
    const bound *failed; /* the first that was violated; NULL: none */
    double value;        /* that violates it */
    char *message;
};

static const char form[] = "expected COLUMN=X or COLUMN=X,COLUMN=X...";

__attribute__((noreturn)) static void unknown_column(const row_bounds *all,
                                                     size_t columns,
                                                     const char *option,
                                                     const char *name)
{
    char names[4096] = "";
    for (size_t i = 0; i < columns; i++)
        if (!lln_cell_is_text(all->columns[i].type))
            lln_text_append(names, sizeof names, all->columns[i].name);
    cli_usage("--%s: '%s' is not a column of numbers; expected one of %s",
              option, name, names);
}

/* Reads "COLUMN=X". */
static bound read_bound(const row_bounds *all, size_t columns,
                        const char *option, char *text)
{
    bound b = {.below = strcmp(option, "fail-below") == 0};
    char *number = strchr(text, '=');
    if (!number)
        cli_usage("--%s: '%s' has no bound; %s", option, text, form);
    *number++ = '\0';
    while (b.column < columns &&
           (lln_cell_is_text(all->columns[b.column].type) ||
            strcmp(all->columns[b.column].name, text) != 0))
        b.column++;
    if (b.column == columns)
        unknown_column(all, columns, option, text);
    if (lln_number_read(number, &lln_any_number, &b.value) != LLN_NUMBER)
        cli_usage("--%s: %s: '%s' is not a number; %s", option, text, number,
                  form);
    return b;
}

static void read_bounds(row_bounds *all, size_t columns, const char *option,
                        const char *text)
{
    char *copy = text ? cli_copy(text) : NULL, *rest = copy, *part;
    while ((part = strsep(&rest, ",")))
        all->list[all->count++] = read_bound(all, columns, option, part);
    free(copy);
}

/* The number of bounds in "a=1,b=2"; text may be NULL. */
static size_t count_bounds(const char *text)
{
    return text ? cli_count_parts(text, ',') : 0;
}

row_bounds *bounds_open(const lln_column *columns, size_t count)
{
    const run_options *o = &run_shared;
    size_t most = count_bounds(o->fail_below) + count_bounds(o->fail_above);
    if (most == 0)
        return NULL;
    row_bounds *all = cli_alloc(1, sizeof *all);
    all->columns = columns;
    all->list = cli_alloc(most, sizeof *all->list);
    read_bounds(all, count, "fail-below", o->fail_below);
    read_bounds(all, count, "fail-above", o->fail_above);
    return all;
}

bool bounds_on(const row_bounds *all, size_t column)
{
    for (size_t i = 0; all && i < all->count; i++)
        if (all->list[i].column == column)
            return true;
    return false;
}

bool bounds_fail(row_bounds *all, const lln_cell *cells)
{
    if (!all || all->failed)
        return false;
    for (size_t i = 0; i < all->count && !all->failed; i++) {
        const bound *b = &all->list[i];
        const lln_cell *cell = &cells[b->column];
        double x = lln_cell_number(all->columns[b->column].type, *cell);
        bool holds = b->below ? x >= b->value : x <= b->value;
        all->failed = holds ? NULL : b;
        all->value = x;
    }
    return all->failed != NULL;
}

bool bounds_miss(row_bounds *all)
{
    if (!all || all->failed || all->count == 0)
        return false;
    all->failed = &all->list[0];
    all->value = NAN;
    return true;
}

void bounds_name(row_bounds *all, const char *place)
{
    char value[32], limit[32];
    const bound *b = all->failed;
    lln_table_format_real(all->value, (int)run_shared.precision, value);
    lln_table_format_real(b->value, 0, limit);
    if (asprintf(&all->message, "%s%s is %s; expected at %s %s", place,
                 all->columns[b->column].name, value,
                 b->below ? "least" : "most", limit) < 0)
        cli_fail("out of memory");
}

int bounds_close(row_bounds *all, int status)
{
    if (!all)
        return status;
    if (all->message && status == CLI_DONE) {
        cli_warn("%s", all->message);
        status = CLI_ASSERTION;
    }
    free(all->list);
    free(all->message);
    free(all);
    return status;
}
