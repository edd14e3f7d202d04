/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops are in jackknife_sums.inc, once for both precisions. */
#include "measure/jackknife_sums.h"

#include "core/memory.h"
#include "core/vector_math.h"

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
