/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/lengths.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "tensor/mapping.h"

enum { LINE_TEXT = 60 }; /* bytes of a line in a message */

/* The bytes of a line. */
typedef struct {
    const unsigned char *at, *end;
} line_bytes;

static void skip_blanks(line_bytes *line)
{
    while (line->at < line->end &&
           (*line->at == ' ' || *line->at == '\t' || *line->at == '\r'))
        line->at++;
}

/* A whole number of at least 1 and what stands behind it: blanks or nothing. */
static bool read_length(line_bytes *line, size_t *length)
{
    const unsigned char *first = line->at;
    for (*length = 0; line->at < line->end && *line->at >= '0' &&
                      *line->at <= '9' && *length < SIZE_MAX / 20;
         line->at++)
        *length = 10 * *length + (size_t)(*line->at - '0');
    if (line->at == first || *length == 0)
        return false;
    first = line->at;
    skip_blanks(line);
    return line->at > first || line->at == line->end;
}

static lln_status bad_line(const lln_lengths *lengths, size_t number,
                           line_bytes line)
{
    char text[LINE_TEXT], shown[LINE_TEXT + 8];
    size_t size = (size_t)(line.end - line.at);
    size = size < sizeof text ? size : sizeof text - 1;
    memcpy(text, line.at, size);
    text[size] = '\0';
    return lln_fail(LLN_EFORMAT,
                    "%s: line %zu: '%s'; expected a length above 0, or one of "
                    "queries and one of keys",
                    lengths->name, number,
                    lln_text_printable(shown, sizeof shown, text));
}

/* Adds a line, unless it is empty; list has room for it. */
static lln_status read_line(lln_lengths *lengths, size_t number,
                            line_bytes line)
{
    line_bytes rest = line;
    lln_length *length = &lengths->list[lengths->count];
    skip_blanks(&rest);
    if (rest.at == rest.end)
        return LLN_OK;
    length->line = number;
    bool good = read_length(&rest, &length->queries);
    length->keys = length->queries;
    if (good && rest.at < rest.end)
        good = read_length(&rest, &length->keys) && rest.at == rest.end;
    if (!good)
        return bad_line(lengths, number, line);
    lengths->count++;
    return LLN_OK;
}

static lln_status read_lines(const lln_mapping *file, lln_lengths *lengths)
{
    const unsigned char *at = file->bytes, *end = file->bytes + file->size;
    size_t lines = 1;
    for (const unsigned char *c = at; c < end; c++)
        lines += *c == '\n';
    lengths->list = lln_array_alloc(lines, sizeof *lengths->list);
    if (!lengths->list)
        return LLN_ENOMEM;
    for (size_t number = 1; number <= lines; number++) {
        const unsigned char *feed = memchr(at, '\n', (size_t)(end - at));
        LLN_TRY(
            read_line(lengths, number, (line_bytes){at, feed ? feed : end}));
        at = feed ? feed + 1 : end;
    }
    if (lengths->count == 0)
        return lln_fail(LLN_EFORMAT, "%s: no lengths", lengths->name);
    return LLN_OK;
}

lln_status lln_lengths_read(const char *path, lln_lengths *lengths)
{
    lln_mapping file;
    *lengths = (lln_lengths){0};
    LLN_TRY(lln_mapping_open(path, &file));
    lengths->name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    lln_status status = lengths->name ? read_lines(&file, lengths)
                                      : lln_fail(LLN_ENOMEM, "out of memory");
    lln_mapping_close(&file);
    if (status != LLN_OK)
        lln_lengths_free(lengths);
    return status;
}

lln_length lln_lengths_at(const lln_lengths *lengths, size_t b, size_t n,
                          size_t m)
{
    if (lengths->count == 0)
        return (lln_length){n, m, 0};
    return lengths->list[lengths->count == 1 ? 0 : b];
}

lln_status lln_lengths_check(const lln_lengths *lengths, const char *name,
                             size_t batch, size_t n, size_t m)
{
    if (lengths->count > 1 && lengths->count != batch)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu lengths; expected one, or one for each of the "
                        "%zu batch entries of %s",
                        lengths->name, lengths->count, batch, name);
    for (size_t i = 0; i < lengths->count; i++) {
        const lln_length *length = &lengths->list[i];
        if (length->queries > n || length->keys > m)
            return lln_fail(LLN_EFORMAT,
                            "%s: line %zu: %zu queries and %zu keys; %s has "
                            "%zu and %zu",
                            lengths->name, length->line, length->queries,
                            length->keys, name, n, m);
    }
    return LLN_OK;
}

lln_status lln_lengths_copy(const lln_lengths *from, lln_lengths *to)
{
    *to = (lln_lengths){.count = from->count};
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
