/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/length_rows.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "tensor/counts.h"

enum {
    LINE_TEXT = 60,  /* bytes of a line in a message */
    NUMBER_TEXT = 64 /* bytes of a number */
};

#define MOST 9007199254740992.0 /* 2^53 */

typedef struct {
    const unsigned char *at, *end;
} line_bytes;

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(line_bytes *line)
{
    while (line->at < line->end && is_blank(*line->at))
        line->at++;
}

static lln_status bad_line(const char *expected, size_t number, line_bytes line)
{
    char text[LINE_TEXT], shown[LINE_TEXT + 8];
    size_t size = (size_t)(line.end - line.at);
    size = size < sizeof text ? size : sizeof text - 1;
    memcpy(text, line.at, size);
    text[size] = '\0';
    return lln_fail(LLN_EFORMAT, "line %zu: '%s'; expected %s", number,
                    lln_text_printable(shown, sizeof shown, text), expected);
}

/* Reads a whole number, 12 or 1.2e+01, and the separator after it: blanks, or a
 * comma that another number must follow. */
static bool read_number(line_bytes *line, size_t *number, bool *comma)
{
    char text[NUMBER_TEXT];
    const lln_range range = {0, MOST, false, false};
    size_t length = 0;
    double value;
    while (line->at < line->end && !is_blank(*line->at) && *line->at != ',' &&
           length + 1 < sizeof text)
        text[length++] = (char)*line->at++;
    text[length] = '\0';
    if (strlen(text) < length ||
        lln_number_read(text, &range, &value) != LLN_NUMBER)
        return false;
    *number = (size_t)value;
    skip_blanks(line);
    if (line->at == line->end || *line->at != ',')
        return (double)*number == value;
    *comma = true;
    line->at++;
    skip_blanks(line);
    return (double)*number == value && line->at < line->end;
}

static lln_status add_number(lln_length_rows *rows, size_t number)
{
    size_t *grown =
        lln_array_grow(rows->numbers, rows->number_count, sizeof *grown);
    if (!grown)
        return LLN_ENOMEM;
    rows->numbers = grown;
    rows->numbers[rows->number_count++] = number;
    return LLN_OK;
}

static lln_status add_row(lln_length_rows *rows, lln_length_row row)
{
    lln_length_row *grown =
        lln_array_grow(rows->rows, rows->count, sizeof *grown);
    if (!grown)
        return LLN_ENOMEM;
    rows->rows = grown;
    rows->rows[rows->count++] = row;
    return LLN_OK;
}

static lln_status read_line(lln_length_rows *rows, size_t number,
                            line_bytes line)
{
    size_t first = rows->number_count, next;
    const unsigned char *comment =
        memchr(line.at, '#', (size_t)(line.end - line.at));
    line_bytes rest = {line.at, comment ? comment : line.end};
    skip_blanks(&rest);
    while (rest.at < rest.end) {
        if (!read_number(&rest, &next, &rows->comma))
            return bad_line(rows->words->line, number, line);
        LLN_TRY(add_number(rows, next));
    }
    if (rows->number_count == first)
        return LLN_OK;
    return add_row(rows,
                   (lln_length_row){first, rows->number_count - first, number});
}

static lln_status read_text(const unsigned char *at, size_t size,
                            lln_length_rows *rows)
{
    const unsigned char *end = at + size;
    if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3; /* byte order mark */
    for (size_t number = 1; at < end; number++) {
        const unsigned char *feed = memchr(at, '\n', (size_t)(end - at));
        LLN_TRY(read_line(rows, number, (line_bytes){at, feed ? feed : end}));
        at = feed ? feed + 1 : end;
    }
    return rows->count > 0 ? LLN_OK
                           : lln_fail(LLN_EFORMAT, "no %s", rows->words->what);
}

/* Number of columns, without axes of size 1 after the first, such as the axes
 * of heads and of queries in [batch, 1, 1, tokens]. */
static lln_status find_columns(const char *expected, const lln_counts *counts,
                               size_t *columns)
{
    size_t wide = 0;
    *columns = 1;
    for (size_t a = 1; a < counts->axes; a++)
        if (counts->shape[a] > 1) {
            *columns = counts->shape[a];
            wide++;
        }
    if (wide <= 1)
        return LLN_OK;
    char shape[LLN_TENSOR_SHAPE_TEXT];
    lln_tensor tensor = {.axes = counts->axes};
    memcpy(tensor.shape, counts->shape, sizeof tensor.shape);
    return lln_fail(LLN_EFORMAT, "shape %s; expected %s",
                    lln_tensor_shape_text(&tensor, shape, sizeof shape),
                    expected);
}

static lln_status read_array(const unsigned char *bytes, size_t size,
                             lln_length_rows *rows)
{
    lln_counts counts;
    size_t columns = 1;
    LLN_TRY(lln_counts_read(bytes, size, &counts));
    lln_status status = find_columns(rows->words->shape, &counts, &columns);
    rows->flat = counts.axes <= 1;
    if (rows->flat)
        columns = counts.count;
    for (size_t i = 0; i < counts.count && status == LLN_OK; i += columns)
        status = add_row(rows, (lln_length_row){i, columns, rows->count});
    rows->array = true;
    rows->truth = counts.truth;
    rows->numbers = counts.number;
    rows->number_count = counts.count;
    return status;
}

lln_status lln_whole_rows_read(const unsigned char *bytes, size_t size,
                               const lln_row_words *words,
                               lln_length_rows *rows)
{
    *rows = (lln_length_rows){.words = words};
    if (lln_counts_is_npy(bytes, size))
        return read_array(bytes, size, rows);
    if (memchr(bytes, '\0', size))
        return lln_fail(LLN_EFORMAT,
                        "neither text nor a .npy file; expected %s, as "
                        "numpy.save and numpy.savetxt write them",
                        words->file);
    return read_text(bytes, size, rows);
}

lln_status lln_length_rows_read(const unsigned char *bytes, size_t size,
                                lln_length_rows *rows)
{
    static const lln_row_words words = {
        .what = "lengths",
        .line = "one length, two lengths (queries and keys), or a 0 or 1 "
                "for each token",
        .shape = "[batch], [batch, 2] or [batch, tokens]",
        .file = "lengths or a mask",
    };
    return lln_whole_rows_read(bytes, size, &words, rows);
}

void lln_length_rows_free(lln_length_rows *rows)
{
    free(rows->numbers);
    free(rows->rows);
    *rows = (lln_length_rows){.count = 0};
}
