/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/aligned.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

typedef struct {
    uint32_t first, last;
    size_t width;
} range;

/* The blocks of Unicode 15 that names are likely to contain, in order. */
static const range ranges[] = {
    {0x0300, 0x036f, 0},   /* combining marks */
    {0x0483, 0x0489, 0},   /* Cyrillic marks */
    {0x0591, 0x05bd, 0},   /* Hebrew points */
    {0x064b, 0x065f, 0},   /* Arabic marks */
    {0x1100, 0x115f, 2},   /* Hangul initials */
    {0x1ab0, 0x1aff, 0},   /* combining marks */
    {0x1dc0, 0x1dff, 0},   /* combining marks */
    {0x200b, 0x200d, 0},   /* zero width */
    {0x20d0, 0x20ff, 0},   /* combining marks */
    {0x2e80, 0x303e, 2},   /* CJK radicals, punctuation */
    {0x3041, 0xa4cf, 2},   /* Kana, CJK, Yi */
    {0xa960, 0xa97f, 2},   /* Hangul */
    {0xac00, 0xd7a3, 2},   /* Hangul */
    {0xf900, 0xfaff, 2},   /* CJK */
    {0xfe00, 0xfe0f, 0},   /* variation selectors */
    {0xfe20, 0xfe2f, 0},   /* combining marks */
    {0xfe30, 0xfe6f, 2},   /* CJK forms */
    {0xfeff, 0xfeff, 0},   /* zero width */
    {0xff00, 0xff60, 2},   /* full width */
    {0xffe0, 0xffe6, 2},   /* full width */
    {0x1f300, 0x1f64f, 2}, /* pictures */
    {0x1f680, 0x1f6ff, 2}, /* pictures */
    {0x1f900, 0x1f9ff, 2}, /* pictures */
    {0x20000, 0x3fffd, 2}, /* CJK */
};

static size_t character_width(uint32_t code)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code <= ranges[i].last)
            return code >= ranges[i].first ? ranges[i].width : 1;
    return 1;
}

size_t lln_aligned_width(const char *text)
{
    size_t width = 0;
    while (*text) {
        uint32_t code;
        text += lln_text_character(text, &code);
        width += character_width(code);
    }
    return width;
}

/* Cuts the next cell off *rest. */
static const char *next_cell(char **rest)
{
    char *cell = *rest;
    size_t length = strcspn(cell, "\t\n");
    *rest = cell + length + 1;
    cell[length] = '\0';
    return cell;
}

/* Cuts the cells and sets the widths of the columns; returns the number of
 * cells. */
static size_t measure_cells(size_t *widths, size_t count, char *cells)
{
    size_t cell = 0;
    for (char *rest = cells; *rest; cell++) {
        size_t width = lln_aligned_width(next_cell(&rest));
        if (width > widths[cell % count])
            widths[cell % count] = width;
    }
    return cell;
}

static void put_blanks(FILE *out, size_t count)
{
    for (; count > 0; count--)
        putc(' ', out);
}

lln_status lln_aligned_write(FILE *out, const lln_column *columns, size_t count,
                             char *cells)
{
    size_t *widths = lln_array_alloc(count, sizeof *widths);
    if (!widths)
        return LLN_ENOMEM;
    size_t total = measure_cells(widths, count, cells);
    const char *cell = cells;
    for (size_t i = 0; i < total; i++, cell += strlen(cell) + 1) {
        size_t at = i % count, blanks = widths[at] - lln_aligned_width(cell);
        bool text = columns[at].type == LLN_CELL_TEXT, last = at + 1 == count;
        if (!last || *cell)
            put_blanks(out, (at > 0 ? 2 : 0) + (text ? 0 : blanks));
        fputs(cell, out);
        if (last)
            putc('\n', out);
        else if (text)
            put_blanks(out, blanks);
    }
    free(widths);
    return LLN_OK;
}
