/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

struct lln_table {
    FILE *out;
    lln_column *columns; /* [count] */
    size_t count;
    lln_table_style style;
    size_t rows; /* written so far */
    bool begun;  /* the header or opening bracket is out */
};

static const char *const format_names[] = {
    [LLN_TABLE_CSV] = "csv",
    [LLN_TABLE_TSV] = "tsv",
    [LLN_TABLE_JSON] = "json",
    [LLN_TABLE_NDJSON] = "ndjson",
};

enum { FORMATS = sizeof format_names / sizeof *format_names };

lln_status lln_table_format_find(const char *name, lln_table_format *format)
{
    for (int i = 0; i < FORMATS; i++)
        if (strcmp(name, format_names[i]) == 0) {
            *format = (lln_table_format)i;
            return LLN_OK;
        }
    return lln_fail(LLN_EINVAL,
                    "'%s' is not a format; expected csv, tsv, json or ndjson",
                    name);
}

void lln_table_format_real(double x, int precision, char out[32])
{
    if (isnan(x)) {
        strcpy(out, "nan"); /* never -nan */
        return;
    }
    int low = precision > 0 ? precision : 15;
    int high = precision > 0 ? precision : 17;
    for (int digits = low; digits <= high; digits++) {
        snprintf(out, 32, "%.*g", digits, x);
        if (strtod(out, NULL) == x)
            break;
    }
}

static void put_csv_text(FILE *out, const char *text)
{
    if (*text != '\0' && *text != '#' && !strpbrk(text, ",\"\r\n\t")) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void put_tsv_text(FILE *out, const char *text)
{
    static const char special[] = "\t\n\r\\", letters[] = "tnr\\";
    if (*text == '#')
        putc('\\', out);
    for (; *text; text++) {
        const char *found = strchr(special, *text);
        if (found) {
            putc('\\', out);
            putc(letters[found - special], out);
        } else {
            putc(*text, out);
        }
    }
}

static void put_json_text(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c == '\t')
            fputs("\\t", out);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else
            putc(c, out);
    }
    putc('"', out);
}

static bool is_json(const lln_table *table)
{
    return table->style.format == LLN_TABLE_JSON ||
           table->style.format == LLN_TABLE_NDJSON;
}

static void put_text(const lln_table *table, const char *text)
{
    if (is_json(table))
        put_json_text(table->out, text);
    else if (table->style.format == LLN_TABLE_TSV)
        put_tsv_text(table->out, text);
    else
        put_csv_text(table->out, text);
}

static void put_cell(const lln_table *table, lln_cell_type type, lln_cell cell)
{
    const char *missing = is_json(table) ? "null" : "nan";
    char text[32];
    switch (type) {
    case LLN_CELL_TEXT:
        if (cell.text)
            put_text(table, cell.text);
        else
            fputs(missing, table->out);
        break;
    case LLN_CELL_INTEGER:
        fprintf(table->out, "%ld", cell.integer);
        break;
    case LLN_CELL_REAL:
        lln_table_format_real(cell.real, table->style.precision, text);
        fputs(isfinite(cell.real) || !is_json(table) ? text : missing,
              table->out);
        break;
    }
}

static void put_separator(const lln_table *table, size_t column)
{
    if (column > 0)
        putc(table->style.format == LLN_TABLE_TSV ? '\t' : ',', table->out);
}

static void begin_table(lln_table *table)
{
    if (table->begun)
        return;
    table->begun = true;
    if (table->style.format == LLN_TABLE_JSON)
        putc('[', table->out);
    if (is_json(table) || !table->style.header)
        return;
    for (size_t i = 0; i < table->count; i++) {
        put_separator(table, i);
        put_text(table, table->columns[i].name);
    }
    putc('\n', table->out);
}

static lln_status check_written(const lln_table *table)
{
    if (ferror(table->out))
        return lln_fail(LLN_EIO, "%s", strerror(errno));
    return LLN_OK;
}

lln_table *lln_table_alloc(FILE *out, const lln_column *columns, size_t count,
                           lln_table_style style)
{
    lln_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    *table = (lln_table){.out = out, .count = count, .style = style};
    table->columns = lln_array_alloc(count, sizeof *columns);
    if (!table->columns) {
        free(table);
        return NULL;
    }
    memcpy(table->columns, columns, count * sizeof *columns);
    return table;
}

lln_status lln_table_row(lln_table *table, const lln_cell *cells)
{
    begin_table(table);
    if (table->style.format == LLN_TABLE_JSON)
        fputs(table->rows > 0 ? ",\n" : "\n", table->out);
    if (is_json(table))
        putc('{', table->out);
    for (size_t i = 0; i < table->count; i++) {
        put_separator(table, i);
        if (is_json(table)) {
            put_json_text(table->out, table->columns[i].name);
            putc(':', table->out);
        }
        put_cell(table, table->columns[i].type, cells[i]);
    }
    if (is_json(table))
        putc('}', table->out);
    if (table->style.format != LLN_TABLE_JSON)
        putc('\n', table->out);
    table->rows++;
    return check_written(table);
}

void lln_table_continue(lln_table *table, size_t rows)
{
    table->begun = true;
    table->rows = rows;
}

lln_status lln_table_end(lln_table *table)
{
    begin_table(table);
    if (table->style.format == LLN_TABLE_JSON)
        fputs(table->rows > 0 ? "\n]\n" : "]\n", table->out);
    return check_written(table);
}

void lln_table_free(lln_table *table)
{
    if (!table)
        return;
    free(table->columns);
    free(table);
}
