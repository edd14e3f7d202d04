/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rows of a table as bytes: cut, but not converted. */
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

/* Cuts the next row off the front of `rest`: in csv and tsv with the line end,
 * in JSON only the object. False: there is no complete row. */
bool raw_next_row(lln_table_format format, raw_text *rest, raw_text *row);

/* Cuts a row, or the header, into cells [most]; in JSON a cell is "name":value.
 * Returns the number of cells in the row, which may exceed `most`. */
size_t raw_cut_row(lln_table_format format, raw_text row, raw_text *cells,
                   size_t most);

/* Whether a JSON cell has this name; and the value of a cell without its
 * name. */
bool raw_has_name(raw_text cell, const char *name);
raw_text raw_value(lln_table_format format, raw_text cell);

bool raw_equal(raw_text a, raw_text b);

#endif
