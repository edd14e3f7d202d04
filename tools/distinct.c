/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows are compared by 64-bit hashes: among a million different rows, two have
 * the same hash with a probability of 3e-8. */
#include "distinct.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

enum { FIRST_ROOM = 64 };

static const uint64_t FNV_START = UINT64_C(0xcbf29ce484222325),
                      FNV_PRIME = UINT64_C(0x100000001b3);

/* A hash table with open addressing, at most half full; 0 is an empty place. */
struct distinct_rows {
    uint64_t *hashes; /* [room], a power of two */
    size_t room, count;
    uint64_t row; /* hash of the current row */
};

distinct_rows *distinct_open(void)
{
    distinct_rows *rows = cli_alloc(1, sizeof *rows);
    rows->room = FIRST_ROOM;
    rows->hashes = cli_alloc(rows->room, sizeof *rows->hashes);
    rows->row = FNV_START;
    return rows;
}

static void add_bytes(distinct_rows *rows, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++)
        rows->row = (rows->row ^ byte[i]) * FNV_PRIME;
}

void distinct_add_cell(distinct_rows *rows, lln_cell_type type, lln_cell cell)
{
    const char *text = cell.text ? cell.text : "";
    if (lln_cell_is_text(type))
        add_bytes(rows, text, strlen(text) + 1);
    else if (type == LLN_CELL_INTEGER)
        add_bytes(rows, &cell.integer, sizeof cell.integer);
    else
        add_bytes(rows, &cell.real, sizeof cell.real);
}

/* The place of a hash, or the empty place where it is inserted. */
static uint64_t *find_place(const distinct_rows *rows, uint64_t hash)
{
    size_t at = hash & (rows->room - 1);
    while (rows->hashes[at] != 0 && rows->hashes[at] != hash)
        at = (at + 1) & (rows->room - 1);
    return &rows->hashes[at];
}

static void double_room(distinct_rows *rows)
{
    distinct_rows larger = {.room = 2 * rows->room};
    larger.hashes = cli_alloc(larger.room, sizeof *larger.hashes);
    for (size_t i = 0; i < rows->room; i++)
        if (rows->hashes[i] != 0)
            *find_place(&larger, rows->hashes[i]) = rows->hashes[i];
    free(rows->hashes);
    rows->hashes = larger.hashes;
    rows->room = larger.room;
}

bool distinct_end_row(distinct_rows *rows)
{
    uint64_t hash = rows->row ? rows->row : 1;
    uint64_t *place = find_place(rows, hash);
    bool is_new = *place == 0;
    *place = hash;
    rows->row = FNV_START;
    rows->count += is_new;
    if (2 * rows->count > rows->room)
        double_room(rows);
    return is_new;
}

void distinct_free(distinct_rows *rows)
{
    if (rows)
        free(rows->hashes);
    free(rows);
}
