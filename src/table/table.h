/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables with typed columns, written row by row in one of several formats, and
 * read back.
 * Example: the columns source (text), n (integer) and tau (real) and the row
 * {"qk.npz", 512, NaN} give in csv the lines source,n,tau and qk.npz,512,nan,
 * and in ndjson {"source":"qk.npz","n":512,"tau":null}. lln_table_read gives
 * names {"source", "n", "tau"} and, from csv, cells {"qk.npz", "512",
 * "nan"}. */
#ifndef LLN_TABLE_TABLE_H
#define LLN_TABLE_TABLE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/status.h"

typedef enum {
    LLN_CELL_TEXT,
    LLN_CELL_DIGITS, /* text of a number of any size, written unchanged */
    LLN_CELL_INTEGER,
    LLN_CELL_REAL
} lln_cell_type;

static inline bool lln_cell_is_text(lln_cell_type type)
{
    return type == LLN_CELL_TEXT || type == LLN_CELL_DIGITS;
}

typedef struct {
    const char *name;
    lln_cell_type type;
} lln_column;

/* One value. text is not owned. A missing value is text NULL, real NaN or
 * integer LLN_CELL_NONE. */
#define LLN_CELL_NONE LONG_MIN

typedef union {
    const char *text;
    long integer;
    double real;
} lln_cell;

/* The number in a cell; NaN: missing or text. */
double lln_cell_number(lln_cell_type type, lln_cell cell);

typedef enum {
    LLN_TABLE_CSV,
    LLN_TABLE_TSV,
    LLN_TABLE_JSON,
    LLN_TABLE_NDJSON,
    LLN_TABLE_ALIGNED,  /* "table": aligned columns */
    LLN_TABLE_MARKDOWN, /* a pipe table of GitHub Flavored Markdown */
} lln_table_format;

static inline bool lln_table_is_json(lln_table_format format)
{
    return format == LLN_TABLE_JSON || format == LLN_TABLE_NDJSON;
}

typedef struct {
    lln_table_format format;
    int precision; /* significant digits; 0: the shortest text that reads back
                      to the same double */
    bool header;   /* row 1 names the columns; not in json and ndjson */
} lln_table_style;

typedef struct lln_table lln_table;

/* A table that writes to `out` (not owned). `columns` [count] is copied; the
 * names are not. Returns NULL when out of memory. */
lln_table *lln_table_alloc(FILE *out, const lln_column *columns, size_t count,
                           lln_table_style style);

/* Writes one row, cells [count]. The header precedes the first row. A missing
 * value is nan (JSON: null); infinity is inf or -inf (JSON: null). Text is
 * written as valid UTF-8, in the forms of table/put.h. Each line ends in one
 * newline. json is an array with one object per line, ndjson has one object per
 * line. Aligned rows are kept until the end, when the widths of the columns are
 * known. LLN_EIO: writing failed; the message is only the reason that the
 * system gives; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_table_row(lln_table *table, const lln_cell *cells);

/* Declares that the stream already contains the header and `rows` > 0 rows,
 * which another table wrote. */
void lln_table_continue(lln_table *table, size_t rows);

/* Writes the kept rows of an aligned table, which must not get more rows after
 * that. For a command that fails. LLN_EIO, LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_table_show(lln_table *table);

/* Ends the table: writes the header if there was no row, the closing bracket of
 * JSON, and the kept rows. Does not close the stream. LLN_EIO, LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_table_end(lln_table *table);

void lln_table_free(lln_table *table);

/* Writes x to out [32] in the C locale with `precision` significant digits (at
 * most 17), or, if precision is 0, in the shortest of %.15g, %.16g and %.17g
 * that strtod reads back to x. NaN and infinities are nan, inf and -inf. */
void lln_table_format_real(double x, int precision, char out[32]);

/* The name of a format, index >= 0; NULL: there are not that many. */
const char *lln_table_format_name(int index);

/* Finds a format by its name. LLN_EINVAL: there is none of this name. */
LLN_NODISCARD lln_status lln_table_format_find(const char *name,
                                               lln_table_format *format);

/* A table that was read: any that the tools write. The format is detected from
 * the contents: JSON and NDJSON (read_json.h); otherwise the header shows a
 * pipe table, tsv, csv, or columns aligned by two or more spaces. Quotes and
 * escapes are removed. Empty lines and lines that start with '#' are skipped;
 * CR LF is a line end. */
typedef struct {
    size_t columns, rows;
    char **names; /* [columns] */
    char **cells; /* [rows x columns], row-major */
    char *text;   /* owned: what names and cells point into */
} lln_table_data;

/* Reads all of `in`. `name` is for messages. LLN_EFORMAT: no table, an unclosed
 * quote, or a row with another number of cells than the header (the line is
 * stated); LLN_EIO; LLN_ENOMEM. On failure *data is empty. Release with
 * lln_table_data_free. */
LLN_NODISCARD lln_status lln_table_read(FILE *in, const char *name,
                                        lln_table_data *data);

/* Index of the column of that name; -1: none. */
long lln_table_find(const lln_table_data *data, const char *name);

void lln_table_data_free(lln_table_data *data);

#endif
