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

static lln_status fill_one(const lln_attention *attention,
                           const size_t *queries, size_t first, size_t rows,
                           double *out)
{
    if (!queries)
        return lln_attention_rows(attention, first, rows, out);
    for (size_t i = 0, run; i < rows; i += run) {
        run = lln_queries_run(queries + i, rows - i);
        LLN_TRY(lln_attention_rows(attention, queries[i], run,
                                   out + i * attention->m));
    }
    return LLN_OK;
}

lln_status lln_entry_block_fill(lln_entry_block *block, const size_t *queries,
                                size_t first, size_t rows)
{
    for (int a = 0; a < 2; a++)
        LLN_TRY(fill_one(block->attention[a], queries, first, rows,
                         block->entries[a]));
    return LLN_OK;
}

lln_status lln_entry_block_fill_first(lln_entry_block *block,
                                      const size_t *queries, size_t first,
                                      size_t rows)
{
    return fill_one(block->attention[0], queries, first, rows,
                    block->entries[0]);
}

/* The keys that one row may see. */
typedef struct {
    size_t first, end;
    const double *bias; /* [end - first], -inf: it hides the key; NULL: none
                           hides any */
} visible_keys;

static visible_keys find_visible(const lln_attention *attention, size_t query,
                                 double *bias)
{
    visible_keys keys = {.bias = NULL};
    size_t n = attention->n, m = attention->m;
    lln_mask_keys(attention->mask, n, m, query, &keys.first, &keys.end);
    if (!attention->bias || !attention->bias->hides)
        return keys;
    memset(bias, 0, m * sizeof *bias);
    lln_logit_bias_add(attention->bias, query,
                       lln_mask_position(attention->mask, n, m, query),
                       keys.first, keys.end - keys.first, bias);
    keys.bias = bias;
    return keys;
}

static bool is_hidden(const visible_keys *keys, size_t j)
{
    return keys->bias && keys->bias[j] == -INFINITY;
}

const double *lln_entry_block_visible(const lln_entry_block *block, size_t i,
                                      size_t query, size_t *first, size_t *end)
{
    visible_keys keys =
        find_visible(block->attention[0], query, block->bias[0]);
    double *row = block->entries[0] + i * block->attention[0]->m + keys.first;
    for (size_t j = 0; j < keys.end - keys.first; j++)
        if (is_hidden(&keys, j))
            row[j] = NAN;
    *first = keys.first;
    *end = keys.end;
    return row;
}

lln_row_pair lln_entry_block_compare(const lln_entry_block *block, size_t i,
                                     size_t query, size_t top)
{
    visible_keys keys =
        find_visible(block->attention[0], query, block->bias[0]);
    visible_keys other =
        find_visible(block->attention[1], query, block->bias[1]);
    size_t at = i * block->attention[0]->m + keys.first, used = 0;
    if (keys.first != other.first || keys.end != other.end)
        return lln_row_pair_undefined();
    for (size_t j = 0; j < keys.end - keys.first; j++) {
        if (is_hidden(&keys, j) != is_hidden(&other, j))
            return lln_row_pair_undefined();
        block->visible[0][used] = block->entries[0][at + j];
        block->visible[1][used] = block->entries[1][at + j];
        used += !is_hidden(&keys, j);
    }
    return lln_row_pair_from_entries(block->visible[0], block->visible[1], used,
                                     top);
}
