/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables aligned for reading: each column is as wide as its widest cell.
 * Example: the columns head (integer) and kernel (text), with cells
 * "7\tsoftmax\n12\tlln\n", are written as " 7  softmax" and "12  lln". */
#ifndef LLN_TABLE_ALIGNED_H
#define LLN_TABLE_ALIGNED_H

#include "table/table.h"

/* Columns that a text takes on a terminal: 2 for each wide East Asian character
 * or pictograph, 0 for each combining one, 1 for each other. */
size_t lln_aligned_width(const char *text);

/* Writes lines of cells, with numbers aligned to the right, text to the left,
 * two spaces between columns, and no spaces at the end of a line. In `cells`, a
 * tab follows each cell, or a newline if it is the last one of its line;
 * lln_aligned_write modifies the string. `columns` [count]. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_aligned_write(FILE *out, const lln_column *columns,
                                           size_t count, char *cells);

#endif
