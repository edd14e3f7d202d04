/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rows of a table as the bytes that a tool has written, cut but not
 * read. */
#ifndef LLN_TOOLS_RAW_ROWS_H
#define LLN_TOOLS_RAW_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "table/table.h"

/* Bytes of a larger text; not owned. */
typedef struct {
    const char *text;
    size_t size;
} raw_text;

/* Cuts the next row from the front of `rest`: its bytes, in csv and tsv with
 * the line end, in JSON the object alone. False: there is none that is
 * complete. */
bool raw_next_row(lln_table_format format, raw_text *rest, raw_text *row);

/* Cuts a row, or the row of names, into cells [most], which in JSON are
 * "name":value. Returns how many there are, also where these are more. */
size_t raw_cut_row(lln_table_format format, raw_text row, raw_text *cells,
                   size_t most);

/* Whether a JSON cell has that name; the value alone. */
bool raw_has_name(raw_text cell, const char *name);
raw_text raw_value(lln_table_format format, raw_text cell);

bool raw_equal(raw_text a, raw_text b);

#endif
