/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/token_ids.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "heads/length_rows.h"
#include "heads/logit_grid.h"
#include "tensor/lookalike.h"
#include "tensor/mapping.h"

static const lln_row_words words = {
    .what = "ids",
    .line = "the ids of tokens, whole numbers of at least 0",
    .shape = "[tokens] or [batch, tokens]",
    .file = "ids of tokens",
};

/* The number of entries; 0: the numbers are not of that many tokens. Lines may
 * have any length if they are all of one sequence. */
static size_t count_entries(const lln_length_rows *rows, size_t tokens)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->rows[i].count != tokens)
            return rows->number_count == tokens;
    return rows->count;
}

static lln_status take_numbers(lln_length_rows *rows, size_t tokens,
                               lln_token_ids *ids)
{
    ids->entries = count_entries(rows, tokens);
    ids->tokens = tokens;
    if (ids->entries == 0)
        return lln_fail(LLN_EINVAL,
                        "%zu ids; expected one for each of %zu token%s, or a "
                        "line of %zu for each entry of the batch",
                        rows->number_count, tokens, lln_text_plural(tokens),
                        tokens);
    ids->id = rows->numbers;
    rows->numbers = NULL;
    return LLN_OK;
}

lln_status lln_token_ids_parse(const char *name, const unsigned char *bytes,
                               size_t size, size_t tokens, lln_token_ids *ids)
{
    lln_length_rows rows = {.count = 0};
    *ids = (lln_token_ids){.name = strdup(name)};
    if (!ids->name)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_status status = lln_whole_rows_read(bytes, size, &words, &rows);
    if (status == LLN_OK)
        status = take_numbers(&rows, tokens, ids);
    lln_length_rows_free(&rows);
    return status == LLN_OK ? LLN_OK : lln_fail_in(status, name);
}

lln_status lln_token_ids_read(const char *path, size_t tokens,
                              lln_token_ids *ids)
{
    lln_mapping file;
    *ids = (lln_token_ids){.entries = 0};
    LLN_TRY(lln_numbers_open(path, &file));
    lln_status status = lln_token_ids_parse(lln_mapping_name(path), file.bytes,
                                            file.size, tokens, ids);
    lln_mapping_close(&file);
    return status;
}

void lln_token_ids_free(lln_token_ids *ids)
{
    free(ids->name);
    free(ids->id);
    *ids = (lln_token_ids){.entries = 0};
}

lln_status lln_token_ids_possible(const lln_head *head)
{
    if (lln_grid_queries(head) == lln_grid_keys(head) &&
        head->q.rows == head->k.rows && head->first == head->first_key)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "%s: %zu queries and %zu keys; ids need queries and "
                    "keys of the same tokens",
                    head->source, head->q.rows, head->k.rows);
}

lln_status lln_token_ids_check(const lln_token_ids *ids, const lln_head *head)
{
    size_t keys = lln_grid_keys(head);
    size_t batch = head->of.batch > 0 ? head->of.batch : 1;
    LLN_TRY(lln_token_ids_possible(head));
    if (keys != ids->tokens)
        return lln_fail(LLN_EINVAL, "%s: ids of %zu token%s; %s has %zu",
                        ids->name, ids->tokens, lln_text_plural(ids->tokens),
                        head->source, keys);
    if (ids->entries == 1 || ids->entries == batch)
        return LLN_OK;
    return lln_fail(LLN_EINVAL, "%s: ids of %zu entries of a batch; %s has %zu",
                    ids->name, ids->entries, head->source, batch);
}

const size_t *lln_token_ids_of(const lln_token_ids *ids, const lln_head *head)
{
    size_t entry = ids->entries > 1 ? head->at.batch : 0;
    return ids->id + entry * ids->tokens + head->first_key;
}
