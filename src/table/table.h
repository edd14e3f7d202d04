/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables: typed columns, written row by row in one of several formats. */
#ifndef LLN_TABLE_TABLE_H
#define LLN_TABLE_TABLE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/status.h"

typedef enum {
    LLN_CELL_TEXT,
    LLN_CELL_DIGITS, /* the text of a number of any size, written as it is */
    LLN_CELL_INTEGER,
    LLN_CELL_REAL
} lln_cell_type;

/* Whether a cell has text. */
static inline bool lln_cell_is_text(lln_cell_type type)
{
    return type == LLN_CELL_TEXT || type == LLN_CELL_DIGITS;
}

typedef struct {
    const char *name;
    lln_cell_type type;
} lln_column;

/* One value. text is not owned. Missing is text NULL, real NaN or integer
 * LLN_CELL_NONE. */
#define LLN_CELL_NONE LONG_MIN

typedef union {
    const char *text;
    long integer;
    double real;
} lln_cell;

/* The number in a cell; NaN: missing, or text. */
double lln_cell_number(lln_cell_type type, lln_cell cell);

typedef enum {
    LLN_TABLE_CSV,
    LLN_TABLE_TSV,
    LLN_TABLE_JSON,
    LLN_TABLE_NDJSON,
    LLN_TABLE_ALIGNED,  /* "table": for people, in columns */
    LLN_TABLE_MARKDOWN, /* a pipe table of GitHub Flavored Markdown */
} lln_table_format;

typedef struct {
    lln_table_format format;
    int precision; /* significant digits; 0: the shortest text that reads
                      back to the same double */
    bool header;   /* row 1 names the columns; not of json and ndjson */
} lln_table_style;

typedef struct lln_table lln_table;

/* A table that writes to `out` (not owned). `columns` [count] is copied, its
 * names are not. NULL when out of memory. */
lln_table *lln_table_alloc(FILE *out, const lln_column *columns, size_t count,
                           lln_table_style style);

/* Writes one row, cells [count]; the header goes before the first row.
 * Missing is nan (JSON: null), infinity inf or -inf (JSON: null).
 * Text is valid UTF-8 whatever its bytes are, in the forms of table/put.h.
 * Lines end in one newline. json is an array with one object a line, ndjson one
 * object a line. Aligned rows are kept until the end, when the widths of the
 * columns are known. LLN_EIO: the stream refused; the message is the system's
 * reason alone; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_table_row(lln_table *table, const lln_cell *cells);

/* Tells the table that its header and so many rows are on the stream, of which
 * it wrote none; rows > 0. */
void lln_table_continue(lln_table *table, size_t rows);

/* Writes the rows that are kept, of an aligned table, which has no more rows
 * after that: for a command that fails. LLN_EIO, LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_table_show(lln_table *table);

/* Ends the table: a header if there was no row, the closing bracket of JSON,
 * the rows that are kept. Does not close the stream. LLN_EIO, LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_table_end(lln_table *table);

void lln_table_free(lln_table *table);

/* Text of x in the C locale with `precision` significant digits (at most 17);
 * 0: the shortest of %.15g, %.16g and %.17g that strtod reads back to x.
 * nan, inf and -inf are written so: out [32]. */
void lln_table_format_real(double x, int precision, char out[32]);

/* A format by its name; LLN_EINVAL: none such. */
LLN_NODISCARD lln_status lln_table_format_find(const char *name,
                                               lln_table_format *format);

/* Reading: the tables that the tools write, by what is in them. JSON and NDJSON
 * as read_json.h says; else the header tells: pipe tables, tsv, csv, or columns
 * aligned by two spaces or more. Quotes and escapes are undone. Lines that are
 * empty or start with '#' are skipped; CR LF is a line end. */
typedef struct {
    size_t columns, rows;
    char **names; /* [columns] */
    char **cells; /* [rows x columns], row-major */
    char *text;   /* what names and cells point into */
} lln_table_data;

/* Reads all of `in`; `name` is used in messages. LLN_EFORMAT: empty, a
 * quote that is not closed, or a row with another number of cells than the
 * header (named by its line); LLN_EIO; LLN_ENOMEM. *data is empty on failure.
 * Release with lln_table_data_free. */
LLN_NODISCARD lln_status lln_table_read(FILE *in, const char *name,
                                        lln_table_data *data);

/* Column of that name; -1: none. */
long lln_table_find(const lln_table_data *data, const char *name);

void lln_table_data_free(lln_table_data *data);

#endif
