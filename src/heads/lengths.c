/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/lengths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "heads/length_rows.h"
#include "tensor/lookalike.h"
#include "tensor/mapping.h"

/* The unit of a position in the file, for messages: "line 3" or "entry 2". */
static const char *unit(bool array)
{
    return array ? "entry" : "line";
}

/* Whether the rows are a mask: of equal sizes, with all numbers 0 or 1.
 * Booleans always are. Other numbers need rows of more than two numbers, and a
 * 1 if there is a single row. */
static bool is_mask(const lln_length_rows *rows)
{
    bool ones = false;
    for (size_t i = 0; i < rows->number_count; i++) {
        if (rows->numbers[i] > 1)
            return false;
        ones = ones || rows->numbers[i] == 1;
    }
    for (size_t i = 1; i < rows->count; i++)
        if (rows->rows[i].count != rows->rows[0].count)
            return false;
    return rows->truth ||
           (rows->rows[0].count > 2 && (ones || rows->count > 1));
}

/* Reads the only run of ones in a row. */
static lln_status read_run(const lln_length_rows *rows,
                           const lln_length_row *row, lln_length *length)
{
    const size_t *number = rows->numbers + row->first;
    size_t first = 0, end = row->count;
    while (first < row->count && number[first] == 0)
        first++;
    while (end > first && number[end - 1] == 0)
        end--;
    for (size_t i = first; i < end; i++)
        if (number[i] == 0)
            return lln_fail(LLN_EFORMAT,
                            "%s %zu, token %zu: 0 between ones; expected "
                            "padding before or after all tokens",
                            unit(rows->array), row->line, i);
    size_t size = end - first;
    first = size > 0 ? first : 0;
    *length = (lln_length){size, size, row->line, first, first};
    return LLN_OK;
}

static lln_status read_mask(const lln_length_rows *rows, lln_lengths *lengths)
{
    lengths->tokens = rows->rows[0].count;
    for (; lengths->count < rows->count; lengths->count++)
        LLN_TRY(read_run(rows, &rows->rows[lengths->count],
                         &lengths->list[lengths->count]));
    return LLN_OK;
}

/* Reads one row with a length for each batch entry. */
static void read_flat(const lln_length_rows *rows, lln_lengths *lengths)
{
    for (size_t i = 0; i < rows->number_count; i++)
        lengths->list[i] = (lln_length){
            .queries = rows->numbers[i],
            .keys = rows->numbers[i],
            .line = rows->array ? i : rows->rows[0].line,
        };
    lengths->count = rows->number_count;
}

/* Reads a row for each batch entry: one length, or two (queries and keys). */
static lln_status read_pairs(const lln_length_rows *rows, lln_lengths *lengths)
{
    for (size_t i = 0; i < rows->count; i++) {
        const lln_length_row *row = &rows->rows[i];
        const size_t *number = rows->numbers + row->first;
        if (row->count > 2)
            return lln_fail(LLN_EFORMAT,
                            "%s %zu: %zu numbers; expected one length, two "
                            "lengths (queries and keys), or a 0 or 1 for each "
                            "token",
                            unit(rows->array), row->line, row->count);
        lengths->list[i] = (lln_length){.queries = number[0],
                                        .keys = number[row->count - 1],
                                        .line = row->line};
    }
    lengths->count = rows->count;
    return LLN_OK;
}

static lln_status read_rows(const lln_length_rows *rows, lln_lengths *lengths)
{
    lengths->array = rows->array;
    lengths->list = lln_array_alloc(rows->number_count, sizeof *lengths->list);
    if (!lengths->list)
        return LLN_ENOMEM;
    lengths->either = rows->comma && rows->number_count == 2;
    lengths->pair = rows->count == 1 && rows->number_count == 2 && !rows->array;
    if (is_mask(rows))
        return read_mask(rows, lengths);
    if (rows->count > 1 || (rows->rows[0].count <= 2 && !rows->flat))
        return read_pairs(rows, lengths);
    read_flat(rows, lengths);
    return LLN_OK;
}

lln_status lln_lengths_read(const char *path, lln_lengths *lengths)
{
    lln_mapping file;
    lln_length_rows rows = {.count = 0};
    *lengths = (lln_lengths){0};
    LLN_TRY(lln_numbers_open(path, &file));
    lengths->name = strdup(lln_mapping_name(path));
    lln_status status = lln_fail(LLN_ENOMEM, "out of memory");
    if (lengths->name) {
        status = lln_length_rows_read(file.bytes, file.size, &rows);
        if (status == LLN_OK)
            status = read_rows(&rows, lengths);
        if (status != LLN_OK)
            (void)lln_fail_in(status, lengths->name);
    }
    lln_length_rows_free(&rows);
    lln_mapping_close(&file);
    if (status != LLN_OK)
        lln_lengths_free(lengths);
    return status;
}

lln_length lln_lengths_at(const lln_lengths *lengths, size_t b, size_t n,
                          size_t m)
{
    if (lengths->count == 0)
        return (lln_length){.queries = n, .keys = m};
    lln_length length = lengths->list[lengths->count == 1 ? 0 : b];
    if (lengths->left && lengths->tokens == 0) {
        length.first_query = n - length.queries;
        length.first_key = m - length.keys;
    }
    return length;
}

/* LLN_EINVAL unless a mask has as many tokens as the arrays. */
static lln_status check_tokens(const lln_lengths *lengths, const char *name,
                               size_t n, size_t m)
{
    size_t tokens = lengths->tokens;
    if (tokens == 0 || (tokens == n && tokens == m))
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "%s: a mask of %zu tokens; %s has %zu queries and %zu "
                    "keys%s",
                    lengths->name, tokens, name, n, m,
                    n == m
                        ? ""
                        : "; give two lengths for each entry, of queries and "
                          "of keys");
}

/* If there are two batch entries, turns one line of two numbers into two
 * lengths. */
static lln_status settle(lln_lengths *lengths, size_t batch, size_t n, size_t m)
{
    if (lengths->count != 1 || batch != 2 || n != m)
        return LLN_OK;
    lengths->doubt = lengths->pair;
    if (!lengths->either)
        return LLN_OK;
    lln_length one = lengths->list[0];
    lln_length *list = lln_array_alloc(2, sizeof *list);
    if (!list)
        return LLN_ENOMEM;
    list[0] = (lln_length){one.queries, one.queries, one.line, 0, 0};
    list[1] = (lln_length){one.keys, one.keys, one.line, 0, 0};
    free(lengths->list);
    lengths->list = list;
    lengths->count = 2;
    return LLN_OK;
}

lln_status lln_lengths_check(lln_lengths *lengths, const char *name,
                             size_t batch, size_t n, size_t m)
{
    LLN_TRY(settle(lengths, batch, n, m));
    if (lengths->count > 1 && lengths->count != batch)
        return batch == 1
                   ? lln_fail(LLN_EINVAL, "%s: %zu lengths; expected one",
                              lengths->name, lengths->count)
                   : lln_fail(LLN_EINVAL,
                              "%s: %zu lengths; expected one, or one for each "
                              "of the %zu batch entries of %s",
                              lengths->name, lengths->count, batch, name);
    LLN_TRY(check_tokens(lengths, name, n, m));
    for (size_t i = 0; i < lengths->count; i++) {
        const lln_length *length = &lengths->list[i];
        if (length->queries > n || length->keys > m)
            return lln_fail(LLN_EINVAL,
                            "%s: %s %zu: %zu queries and %zu keys; expected at "
                            "most %zu and %zu, as in %s",
                            lengths->name, unit(lengths->array), length->line,
                            length->queries, length->keys, n, m, name);
    }
    return LLN_OK;
}

void lln_lengths_explain(const lln_lengths *lengths,
                         char text[LLN_LENGTHS_TEXT])
{
    const lln_length *list = lengths->list;
    *text = '\0';
    if (!lengths->doubt)
        return;
    if (lengths->count == 2)
        snprintf(text, LLN_LENGTHS_TEXT,
                 "--lengths: %zu and %zu tokens in the two entries",
                 list[0].queries, list[1].queries);
    else
        snprintf(text, LLN_LENGTHS_TEXT,
                 "--lengths: %zu queries and %zu keys in each entry",
                 list[0].queries, list[0].keys);
}

lln_status lln_lengths_copy(const lln_lengths *from, lln_lengths *to)
{
    *to = *from;
    to->name = strdup(from->name);
    to->list = lln_array_alloc(from->count, sizeof *to->list);
    if (!to->name || !to->list) {
        lln_lengths_free(to);
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    memcpy(to->list, from->list, from->count * sizeof *to->list);
    return LLN_OK;
}

void lln_lengths_free(lln_lengths *lengths)
{
    free(lengths->name);
    free(lengths->list);
    *lengths = (lln_lengths){0};
}
