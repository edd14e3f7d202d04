/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table with one row, for tests that write and read tables. */
#ifndef LLN_TESTS_ONE_ROW_H
#define LLN_TESTS_ONE_ROW_H

#include <stdio.h>

#include "expect.h"
#include "table/table.h"

static const lln_column columns[] = {{"name", LLN_CELL_TEXT},
                                     {"count", LLN_CELL_INTEGER},
                                     {"value", LLN_CELL_REAL}};

enum { COLUMNS = 3 };

/* The text of a table with one row; the caller frees it. */
static char *one_row(lln_table_format format, const char *name, double value)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    lln_table_style style = {format, 0, true};
    lln_table *table = lln_table_alloc(out, columns, COLUMNS, style);
    ck_assert_ptr_nonnull(table);
    lln_cell cells[COLUMNS] = {{.text = name}, {.integer = -7}, {0}};
    cells[2].real = value;
    expect_ok(lln_table_row(table, cells));
    expect_ok(lln_table_end(table));
    lln_table_free(table);
    fclose(out);
    return text;
}

#endif
