/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/positions.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "heads/length_rows.h"
#include "tensor/lookalike.h"
#include "tensor/mapping.h"

static const lln_row_words words = {
    .what = "positions",
    .line = "the position of a key, or two or three of one",
    .shape = "[keys], [keys, columns] or [batch, keys]",
    .file = "positions",
};

static lln_status read_offset(const char *text, lln_positions *positions)
{
    static const lln_range range = {0, 4503599627370496.0, true, false};
    if (lln_number_read(text + 1, &range, &positions->offset) == LLN_NUMBER)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "'%s': expected + and a whole number of at least 0", text);
}

/* Takes the numbers of the rows, which are of one size. */
static lln_status take_rows(lln_length_rows *rows, lln_positions *positions)
{
    size_t width = rows->rows[0].count;
    for (size_t i = 1; i < rows->count; i++)
        if (rows->rows[i].count != width)
            return lln_fail(LLN_EFORMAT, "%s %zu: %zu numbers; expected %zu",
                            rows->array ? "row" : "line", rows->rows[i].line,
                            rows->rows[i].count, width);
    bool one = rows->flat || (rows->count == 1 && width > 1);
    if (width <= LLN_POSITION_COLUMNS && !one) {
        positions->entries = 1;
        positions->tokens = rows->count;
        positions->columns = width;
    } else {
        positions->entries = rows->count;
        positions->tokens = width;
        positions->columns = 1;
    }
    positions->numbers = rows->numbers;
    rows->numbers = NULL;
    return LLN_OK;
}

lln_status lln_positions_parse(const char *name, const unsigned char *bytes,
                               size_t size, lln_positions *positions)
{
    lln_length_rows rows = {.count = 0};
    *positions = (lln_positions){.name = strdup(name)};
    if (!positions->name)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_status status = lln_whole_rows_read(bytes, size, &words, &rows);
    if (status == LLN_OK)
        status = take_rows(&rows, positions);
    lln_length_rows_free(&rows);
    return status == LLN_OK ? LLN_OK : lln_fail_in(status, name);
}

static lln_status read_file(const char *path, lln_positions *positions)
{
    lln_mapping file;
    LLN_TRY(lln_numbers_open(path, &file));
    lln_status status = lln_positions_parse(lln_mapping_name(path), file.bytes,
                                            file.size, positions);
    lln_mapping_close(&file);
    return status;
}

lln_status lln_positions_read(const char *text, lln_positions *positions)
{
    *positions = (lln_positions){.offset = 0};
    return *text == '+' ? read_offset(text, positions)
                        : read_file(text, positions);
}

lln_status lln_positions_restart(const size_t *id, size_t count,
                                 lln_positions *positions)
{
    *positions = (lln_positions){.entries = 1, .tokens = count, .columns = 1};
    positions->numbers = lln_array_alloc(count, sizeof *positions->numbers);
    if (!positions->numbers)
        return LLN_ENOMEM;
    for (size_t i = 1; i < count; i++)
        if (id[i] == id[i - 1])
            positions->numbers[i] = positions->numbers[i - 1] + 1;
    return LLN_OK;
}

lln_status lln_positions_check(const lln_positions *positions, const char *name,
                               size_t batch, size_t keys)
{
    const char *file = positions->name ? positions->name : "documents";
    if (!positions->numbers)
        return LLN_OK;
    if (positions->tokens != keys)
        return lln_fail(LLN_EINVAL, "%s: %zu position%s; %s has %zu key%s",
                        file, positions->tokens,
                        lln_text_plural(positions->tokens), name, keys,
                        lln_text_plural(keys));
    if (positions->entries == 1 || positions->entries == batch)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "%s: positions of %zu batch entries; %s has %zu", file,
                    positions->entries, name, batch);
}

double lln_position_at(const lln_positions *positions, size_t entry,
                       size_t padding, size_t token, size_t column)
{
    if (!positions->numbers)
        return positions->offset + (double)token;
    size_t row = positions->entries > 1 ? entry * positions->tokens : 0;
    size_t at = row + padding + token;
    return (double)positions->numbers[at * positions->columns + column];
}

double lln_positions_length(const lln_positions *positions, size_t entry,
                            size_t padding, size_t count)
{
    double most = -1;
    if (!positions->numbers)
        return positions->offset + (double)count;
    for (size_t j = 0; j < count; j++)
        for (size_t c = 0; c < positions->columns; c++) {
            double at = lln_position_at(positions, entry, padding, j, c);
            most = at > most ? at : most;
        }
    return most + 1;
}

void lln_positions_free(lln_positions *positions)
{
    free(positions->name);
    free(positions->numbers);
    *positions = (lln_positions){.offset = 0};
}
