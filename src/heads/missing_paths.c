/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/missing_paths.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* A layer and a head. */
typedef struct {
    long layer, head;
} place;

static int compare_places(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int layers = (x->layer > y->layer) - (x->layer < y->layer);
    return layers ? layers : (x->head > y->head) - (x->head < y->head);
}

static place place_of(const lln_found_path *found)
{
    return (place){found->number[LLN_LAYER], found->number[LLN_HEAD]};
}

/* The different places, in order: out [count]; returns their number. */
static size_t list_places(const lln_found_path *found, size_t count, place *out)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        out[i] = place_of(&found[i]);
    if (count > 0)
        qsort(out, count, sizeof *out, compare_places);
    for (size_t i = 0; i < count; i++)
        if (used == 0 || compare_places(&out[used - 1], &out[i]) != 0)
            out[used++] = out[i];
    return used;
}

lln_status lln_found_paths_missing(const lln_found_path *found, size_t count,
                                   size_t *missing, long first[LLN_MARKS])
{
    place *places = lln_array_alloc(count, sizeof *places);
    *missing = 0;
    if (!places)
        return LLN_ENOMEM;
    size_t wanted = list_places(found, count, places), i = 0;
    while (i < count) {
        long step = found[i].number[LLN_STEP];
        for (size_t p = 0; p < wanted; p++) {
            place here = {-2, -2};
            if (i < count && found[i].number[LLN_STEP] == step)
                here = place_of(&found[i]);
            if (compare_places(&here, &places[p]) == 0) {
                i++;
                continue;
            }
            if ((*missing)++ == 0)
                memcpy(first, (long[]){step, places[p].layer, places[p].head},
                       LLN_MARKS * sizeof *first);
        }
    }
    free(places);
    return LLN_OK;
}
