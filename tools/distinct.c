/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "distinct.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

struct distinct_rows {
    void *tree; /* of strings, owned */
    FILE *row;  /* the cells at hand, written to `text` */
    char *text;
    size_t size;
};

static void start_row(distinct_rows *rows)
{
    rows->row = open_memstream(&rows->text, &rows->size);
    if (!rows->row)
        cli_fail("out of memory");
}

distinct_rows *distinct_open(void)
{
    distinct_rows *rows = cli_alloc(1, sizeof *rows);
    start_row(rows);
    return rows;
}

void distinct_add_cell(distinct_rows *rows, lln_cell_type type, lln_cell cell)
{
    if (type == LLN_CELL_TEXT)
        fprintf(rows->row, "%s\n", cell.text ? cell.text : "");
    else if (type == LLN_CELL_INTEGER)
        fprintf(rows->row, "%ld\n", cell.integer);
    else
        fprintf(rows->row, "%a\n", cell.real);
}

static int compare_rows(const void *a, const void *b)
{
    return strcmp(a, b);
}

bool distinct_end_row(distinct_rows *rows)
{
    if (fclose(rows->row) != 0)
        cli_fail("out of memory");
    char *const *found = tsearch(rows->text, &rows->tree, compare_rows);
    if (!found)
        cli_fail("out of memory");
    bool is_new = *found == rows->text;
    if (!is_new)
        free(rows->text);
    start_row(rows);
    return is_new;
}

void distinct_free(distinct_rows *rows)
{
    if (!rows)
        return;
    fclose(rows->row);
    free(rows->text);
    tdestroy(rows->tree, free);
    free(rows);
}
