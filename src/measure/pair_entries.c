/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/pair_entries.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

lln_status lln_entry_block_open(const lln_attention *p, const lln_attention *r,
                                size_t rows, lln_entry_block *block)
{
    size_t m = p->m, entries;
    bool complete = true;
    *block = (lln_entry_block){.attention = {p, r}};
    LLN_TRY(lln_size_multiply(rows, m, &entries));
    for (int a = 0; a < 2; a++) {
        block->entries[a] = lln_array_alloc_raw(entries, sizeof(double));
        block->visible[a] = lln_array_alloc_raw(m, sizeof(double));
        block->bias[a] = lln_array_alloc_raw(m, sizeof(double));
        complete = complete && block->entries[a] && block->visible[a] &&
                   block->bias[a];
    }
    return complete ? LLN_OK : LLN_ENOMEM;
}

void lln_entry_block_close(lln_entry_block *block)
{
    for (int a = 0; a < 2; a++) {
        free(block->entries[a]);
        free(block->visible[a]);
        free(block->bias[a]);
    }
    *block = (lln_entry_block){0};
}

lln_status lln_entry_block_fill(lln_entry_block *block, const size_t *queries,
                                size_t first, size_t rows)
{
    for (int a = 0; a < 2; a++)
        LLN_TRY(lln_attention_listed_rows(block->attention[a], queries, first,
                                          rows, block->entries[a]));
    return LLN_OK;
}

lln_status lln_entry_block_fill_first(lln_entry_block *block,
                                      const size_t *queries, size_t first,
                                      size_t rows)
{
    return lln_attention_listed_rows(block->attention[0], queries, first, rows,
                                     block->entries[0]);
}

const double *lln_entry_block_visible(const lln_entry_block *block, size_t i,
                                      size_t query, size_t *first, size_t *end)
{
    lln_visible_keys keys =
        lln_attention_visible(block->attention[0], query, block->bias[0]);
    double *row = block->entries[0] + i * block->attention[0]->m + keys.first;
    for (size_t j = 0; j < keys.end - keys.first; j++)
        if (lln_key_is_hidden(&keys, j))
            row[j] = NAN;
    *first = keys.first;
    *end = keys.end;
    return row;
}

lln_row_pair lln_entry_block_compare(const lln_entry_block *block, size_t i,
                                     size_t query, size_t top)
{
    lln_visible_keys keys =
        lln_attention_visible(block->attention[0], query, block->bias[0]);
    lln_visible_keys other =
        lln_attention_visible(block->attention[1], query, block->bias[1]);
    size_t at = i * block->attention[0]->m + keys.first, used = 0;
    if (keys.first != other.first || keys.end != other.end)
        return lln_row_pair_undefined();
    for (size_t j = 0; j < keys.end - keys.first; j++) {
        if (lln_key_is_hidden(&keys, j) != lln_key_is_hidden(&other, j))
            return lln_row_pair_undefined();
        block->visible[0][used] = block->entries[0][at + j];
        block->visible[1][used] = block->entries[1][at + j];
        used += !lln_key_is_hidden(&keys, j);
    }
    return lln_row_pair_from_entries(block->visible[0], block->visible[1], used,
                                     top);
}
