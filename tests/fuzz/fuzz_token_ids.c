/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of the ids of tokens. The first byte is the number of
 * tokens. */
#include "heads/token_ids.h"

#include "measure/occurrences.h"
#include "replay.h"

/* Each token is among the occurrences of its id. */
static void list_occurrences(const lln_token_ids *ids)
{
    lln_occurrences all;
    require(ids->entries > 0, "ids without entries");
    const size_t *last = ids->id + (ids->entries - 1) * ids->tokens;
    require(lln_occurrences_open(last, ids->tokens, &all) == LLN_OK,
            "occurrences of ids");
    for (size_t i = 0; i < ids->tokens; i++) {
        size_t found = 0;
        for (size_t k = all.first[i]; k < all.end[i]; k++) {
            require(last[all.order[k]] == last[i], "another id");
            found += all.order[k] == i;
        }
        require(found == 1, "a token that does not occur");
    }
    lln_occurrences_free(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lln_token_ids ids;
    if (size == 0)
        return 0;
    for (int round = 0; round < 2; round++) {
        size_t tokens = round == 0 ? 1 + bytes[0] : 24;
        lln_status status = lln_token_ids_parse(
            "fuzz", bytes + (round == 0), size - (round == 0), tokens, &ids);
        if (status == LLN_OK)
            list_occurrences(&ids);
        else /* another number of ids than asked for is LLN_EINVAL */
            require_message(status == LLN_EINVAL ? LLN_EFORMAT : status);
        lln_token_ids_free(&ids);
    }
    return 0;
}
