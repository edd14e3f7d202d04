/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading tables that are JSON or NDJSON. */
#ifndef LLN_TABLE_READ_JSON_H
#define LLN_TABLE_READ_JSON_H

#include "table/table.h"

/* Reads what lln_table_read has found to be JSON, `line` being the number of
 * its first line: objects, each a row, one after another (NDJSON, or in any
 * layout), or in an array. Columns are the
 * union of their keys, in the order in which they first appear; null and a key
 * that a row does not have give "". Numbers keep their text; also NaN,
 * Infinity and -Infinity, which Python writes. LLN_EFORMAT: not JSON (with the
 * line), a key twice in an object, a value that is an array or an object
 * (with row and key), a row that is not an object, no row at all; LLN_ENOMEM.
 * *data is empty on failure. */
LLN_NODISCARD lln_status lln_table_read_json(const char *text, size_t line,
                                             const char *name,
                                             lln_table_data *data);

#endif
