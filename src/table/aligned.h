/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables for people: columns as wide as their widest cell. */
#ifndef LLN_TABLE_ALIGNED_H
#define LLN_TABLE_ALIGNED_H

#include "table/table.h"

/* Columns that a text takes on a terminal: 2 for a wide character of East Asia
 * or a picture, 0 for one that combines with the one before it, else 1. */
size_t lln_aligned_width(const char *text);

/* Writes lines of cells: numbers to the right, text to the left, two spaces
 * between columns, none at the end of a line. `cells` holds them with a tab
 * after each, or a newline after the last of a line; it is cut up. `columns`
 * [count]. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_aligned_write(FILE *out, const lln_column *columns,
                                           size_t count, char *cells);

#endif
