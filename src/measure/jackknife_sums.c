/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops are in jackknife_sums.inc, once for both precisions. */
#include "measure/jackknife_sums.h"

#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "measure/tile_sums.h"

enum { SUMS = 5 }; /* of weights, and four more */

#define LLN_BODY "measure/jackknife_sums.inc"
#include "core/both_precisions.h"

void lln_pieces_cut(const lln_jackknife *groups, size_t key, size_t count,
                    lln_pieces *pieces)
{
    size_t t = lln_jackknife_key(groups, key), end = 0, used = 0;
    for (; end < count; t++, used++) {
        end = lln_size_smaller(groups->first[t + 1] - key, count);
        pieces->group[used] = t;
        pieces->end[used] = end;
    }
    pieces->count = used;
}

size_t lln_pieces_drop_hidden(lln_pieces *pieces, void *scores, bool single)
{
    size_t size = single ? sizeof(float) : sizeof(double);
    size_t start = 0, kept = 0, used = 0;
    for (size_t p = 0; p < pieces->count; p++) {
        char *piece = (char *)scores + start * size;
        size_t count = pieces->end[p] - start;
        count = lln_tile_drop_hidden(single ? LLN_FLOAT32 : LLN_FLOAT64, piece,
                                     count);
        start = pieces->end[p];
        memmove((char *)scores + kept * size, piece, count * size);
        kept += count;
        if (count > 0) {
            pieces->group[used] = pieces->group[p];
            pieces->end[used++] = kept;
        }
    }
    pieces->count = used;
    return kept;
}
