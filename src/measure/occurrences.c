/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/occurrences.h"

#include <stdlib.h>

#include "core/memory.h"

typedef struct {
    size_t id, place;
} token;

static int compare_tokens(const void *first, const void *second)
{
    const token *a = first, *b = second;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static void fill(const token *tokens, lln_occurrences *out)
{
    for (size_t k = 0, end; k < out->count; k = end) {
        for (end = k; end < out->count && tokens[end].id == tokens[k].id;)
            end++;
        for (size_t at = k; at < end; at++) {
            out->order[at] = tokens[at].place;
            out->first[tokens[at].place] = k;
            out->end[tokens[at].place] = end;
        }
    }
}

lln_status lln_occurrences_open(const size_t *id, size_t count,
                                lln_occurrences *out)
{
    *out = (lln_occurrences){.count = 0};
    token *tokens = lln_array_alloc(count, sizeof *tokens);
    size_t *places = lln_array_alloc(3 * count, sizeof *places);
    if (!tokens || !places) {
        free(tokens);
        free(places);
        return LLN_ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        tokens[i] = (token){id[i], i};
    qsort(tokens, count, sizeof *tokens, compare_tokens);
    *out = (lln_occurrences){count, places, places + count, places + 2 * count};
    fill(tokens, out);
    free(tokens);
    return LLN_OK;
}

void lln_occurrences_free(lln_occurrences *occurrences)
{
    free(occurrences->order);
    *occurrences = (lln_occurrences){.count = 0};
}
