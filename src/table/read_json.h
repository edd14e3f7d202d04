/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads tables in JSON or NDJSON.
 * Example: [{"n": 512, "tau": 0.5}, {"n": 1e3, "gap": null}] gives the columns
 * n, tau and gap, and the rows "512", "0.5", "" and "1e3", "", "". */
#ifndef LLN_TABLE_READ_JSON_H
#define LLN_TABLE_READ_JSON_H

#include "table/table.h"

/* Reads a text that lln_table_read has identified as JSON. `line` is the number
 * of its first line. Each object is a row. Objects follow each other (NDJSON,
 * with any white space) or are in an array. The columns are the union of the
 * keys, in order of first appearance. null and a missing key give "". Numbers
 * keep their text; so do NaN, Infinity and -Infinity, which Python writes. On
 * failure *data is empty. LLN_EFORMAT: not JSON (the message states the line),
 * a duplicate key in an object, a value that is an array or an object (row and
 * key are stated), a row that is not an object, or no rows; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_table_read_json(const char *text, size_t line,
                                             const char *name,
                                             lln_table_data *data);

#endif
