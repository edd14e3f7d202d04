/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "table/aligned.h"
#include "table/put.h"

/* How a format writes its lines. */
typedef struct {
    const char *name;
    const char *start, *separator, *end; /* of a line */
    void (*put_text)(FILE *out, const char *text);
    const char *missing;
} line_form;

static const line_form forms[] = {
    [LLN_TABLE_CSV] = {"csv", "", ",", "\n", lln_put_csv, "nan"},
    [LLN_TABLE_TSV] = {"tsv", "", "\t", "\n", lln_put_tsv, "nan"},
    [LLN_TABLE_JSON] = {"json", "{", ",", "}", lln_put_json, "null"},
    [LLN_TABLE_NDJSON] = {"ndjson", "{", ",", "}\n", lln_put_json, "null"},
    [LLN_TABLE_ALIGNED] = {"table", "", "\t", "\n", lln_put_plain, "nan"},
    [LLN_TABLE_MARKDOWN] = {"markdown", "| ", " | ", " |\n", lln_put_markdown,
                            "nan"},
};

enum { FORMATS = sizeof forms / sizeof *forms };

struct lln_table {
    FILE *stream; /* owned by the caller */
    FILE *out;  /* where lines are written: `stream`, or memory until the widths
                   of the columns are known */
    char *kept; /* contents of that memory */
    size_t kept_size;
    const line_form *form;
    lln_column *columns; /* [count] */
    size_t count;
    lln_table_style style;
    size_t rows; /* written so far */
    bool begun;  /* the header or opening bracket was written */
};

const char *lln_table_format_name(int index)
{
    return index < FORMATS ? forms[index].name : NULL;
}

lln_status lln_table_format_find(const char *name, lln_table_format *format)
{
    for (int i = 0; i < FORMATS; i++)
        if (strcmp(name, forms[i].name) == 0) {
            *format = (lln_table_format)i;
            return LLN_OK;
        }
    return lln_fail(LLN_EINVAL,
                    "'%s' is not a format; expected csv, tsv, json, ndjson, "
                    "table or markdown",
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

double lln_cell_number(lln_cell_type type, lln_cell cell)
{
    if (type == LLN_CELL_REAL)
        return cell.real;
    bool missing = lln_cell_is_text(type) || cell.integer == LLN_CELL_NONE;
    return missing ? NAN : (double)cell.integer;
}

static void put_cell(const lln_table *table, lln_cell_type type, lln_cell cell)
{
    const char *missing = table->form->missing;
    char text[32];
    switch (type) {
    case LLN_CELL_TEXT:
        if (cell.text)
            table->form->put_text(table->out, cell.text);
        else
            fputs(missing, table->out);
        break;
    case LLN_CELL_DIGITS:
        fputs(cell.text ? cell.text : missing, table->out);
        break;
    case LLN_CELL_INTEGER:
        if (cell.integer == LLN_CELL_NONE)
            fputs(missing, table->out);
        else
            fprintf(table->out, "%ld", cell.integer);
        break;
    case LLN_CELL_REAL:
        lln_table_format_real(cell.real, table->style.precision, text);
        fputs(isfinite(cell.real) || !lln_table_is_json(table->style.format)
                  ? text
                  : missing,
              table->out);
        break;
    }
}

static void put_names(const lln_table *table)
{
    const line_form *form = table->form;
    for (size_t i = 0; i < table->count; i++) {
        fputs(i > 0 ? form->separator : form->start, table->out);
        form->put_text(table->out, table->columns[i].name);
    }
    fputs(form->end, table->out);
}

/* The line below the names of a markdown table. */
static void put_rule(const lln_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        fputs(table->columns[i].type == LLN_CELL_TEXT ? "|---" : "|---:",
              table->out);
    fputs("|\n", table->out);
}

static void begin_table(lln_table *table)
{
    if (table->begun)
        return;
    table->begun = true;
    if (table->style.format == LLN_TABLE_JSON)
        putc('[', table->out);
    if (lln_table_is_json(table->style.format) || !table->style.header)
        return;
    put_names(table);
    if (table->style.format == LLN_TABLE_MARKDOWN)
        put_rule(table);
}

static lln_status check_written(const lln_table *table)
{
    if (table->out != table->stream && ferror(table->out))
        return lln_fail(LLN_ENOMEM, "out of memory");
    if (ferror(table->stream))
        return lln_fail(LLN_EIO, "%s", strerror(errno));
    return LLN_OK;
}

lln_table *lln_table_alloc(FILE *out, const lln_column *columns, size_t count,
                           lln_table_style style)
{
    lln_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    *table = (lln_table){.stream = out,
                         .out = out,
                         .form = &forms[style.format],
                         .count = count,
                         .style = style};
    if (style.format == LLN_TABLE_ALIGNED)
        table->out = open_memstream(&table->kept, &table->kept_size);
    table->columns = lln_array_alloc(count, sizeof *columns);
    if (!table->columns || !table->out) {
        lln_table_free(table);
        return NULL;
    }
    memcpy(table->columns, columns, count * sizeof *columns);
    return table;
}

lln_status lln_table_row(lln_table *table, const lln_cell *cells)
{
    const line_form *form = table->form;
    begin_table(table);
    if (table->style.format == LLN_TABLE_JSON)
        fputs(table->rows > 0 ? ",\n" : "\n", table->out);
    for (size_t i = 0; i < table->count; i++) {
        fputs(i > 0 ? form->separator : form->start, table->out);
        if (lln_table_is_json(table->style.format)) {
            lln_put_json(table->out, table->columns[i].name);
            putc(':', table->out);
        }
        put_cell(table, table->columns[i].type, cells[i]);
    }
    fputs(form->end, table->out);
    table->rows++;
    return check_written(table);
}

lln_status lln_table_show(lln_table *table)
{
    FILE *memory = table->out;
    if (memory == table->stream)
        return LLN_OK;
    bool failed = ferror(memory) != 0;
    failed = fclose(memory) != 0 || failed;
    table->out = table->stream;
    if (failed)
        return lln_fail(LLN_ENOMEM, "out of memory");
    LLN_TRY(lln_aligned_write(table->stream, table->columns, table->count,
                              table->kept));
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
    LLN_TRY(lln_table_show(table));
    return check_written(table);
}

void lln_table_free(lln_table *table)
{
    if (!table)
        return;
    if (table->out && table->out != table->stream)
        fclose(table->out);
    free(table->kept);
    free(table->columns);
    free(table);
}
