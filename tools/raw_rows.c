/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "raw_rows.h"

#include <string.h>

/* The position of the first `stop` outside quotes, from `at` on; the size if
 * there is none. In csv, a quote in a quoted cell is doubled, which ends and
 * restarts the quotes; in JSON, it follows a backslash. A tsv table has no
 * quotes. */
static size_t find(lln_table_format format, raw_text in, size_t at, char stop)
{
    bool quoted = false;
    for (; at < in.size; at++) {
        char c = in.text[at];
        if (c == stop && !quoted)
            return at;
        if (c == '"' && format != LLN_TABLE_TSV)
            quoted = !quoted;
        else if (c == '\\' && quoted && lln_table_is_json(format))
            at++;
    }
    return in.size;
}

static raw_text part(raw_text of, size_t from, size_t to)
{
    return (raw_text){of.text + from, to - from};
}

bool raw_next_row(lln_table_format format, raw_text *rest, raw_text *row)
{
    size_t start = 0;
    if (format == LLN_TABLE_JSON)
        while (start < rest->size && strchr(",\n", rest->text[start]))
            start++;
    if (lln_table_is_json(format) &&
        (start == rest->size || rest->text[start] != '{'))
        return false;
    char stop = lln_table_is_json(format) ? '}' : '\n';
    size_t end = find(format, *rest, start, stop);
    if (end == rest->size)
        return false;
    end++;
    if (format == LLN_TABLE_NDJSON &&
        (end == rest->size || rest->text[end++] != '\n'))
        return false;
    *row = part(*rest, start, end);
    *rest = part(*rest, end, rest->size);
    return true;
}

size_t raw_cut_row(lln_table_format format, raw_text row, raw_text *cells,
                   size_t most)
{
    size_t count = 0, at = lln_table_is_json(format) ? 1 : 0;
    while (row.size > 0 && strchr(lln_table_is_json(format) ? "}\n" : "\n",
                                  row.text[row.size - 1]))
        row.size--;
    for (bool more = true; more; count++) {
        char separator = format == LLN_TABLE_TSV ? '\t' : ',';
        size_t end = find(format, row, at, separator);
        if (count < most)
            cells[count] = part(row, at, end);
        more = end < row.size;
        at = end + 1;
    }
    return count;
}

bool raw_has_name(raw_text cell, const char *name)
{
    size_t length = strlen(name);
    return cell.size > length + 3 && cell.text[0] == '"' &&
           memcmp(cell.text + 1, name, length) == 0 &&
           cell.text[length + 1] == '"' && cell.text[length + 2] == ':';
}

raw_text raw_value(lln_table_format format, raw_text cell)
{
    size_t colon =
        lln_table_is_json(format) ? find(format, cell, 0, ':') : cell.size;
    return colon < cell.size ? part(cell, colon + 1, cell.size) : cell;
}

bool raw_equal(raw_text a, raw_text b)
{
    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}
