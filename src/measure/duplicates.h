/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Near-duplicates among the heads of a layer, by a few rows of each. Example:
 * js of heads 0 and 1 is 0.3, of 0 and 2 0.02, of 1 and 2 0.2; with threshold
 * 0.05: pairs = 3, below = 1, js = 0.02, head = 0, other = 2. */
#ifndef LLN_MEASURE_DUPLICATES_H
#define LLN_MEASURE_DUPLICATES_H

#include <stdint.h>

#include "kernel/attention.h"

/* Rows of each head, or all if there are fewer. They are those of lln_rows_draw
 * with stream 0, the same for all heads of as many queries. */
enum { LLN_DUPLICATES_ROWS = 32 };

/* The pairs of heads, which are unordered. js: mean over the rows of the
 * Jensen-Shannon divergence, nats. */
typedef struct {
    size_t pairs;       /* whose js has a value */
    size_t below;       /* whose js is below the threshold */
    double js;          /* the smallest; NaN: no pair has a value */
    size_t head, other; /* of this pair, head < other; of several the first */
} lln_duplicates_found;

typedef struct lln_duplicates lln_duplicates;

/* Opens a comparison of `heads` heads. Release it by lln_duplicates_close.
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_duplicates_open(size_t heads, double threshold,
                                             lln_duplicates **out);

/* Compares a head with those that were added before: the field js of lln_pair,
 * with the drawn rows of `seed`. The numbers of the heads differ; a number that
 * was added before is left out. Several threads may add heads at once: the
 * result depends neither on them nor on the order. Rows of heads are kept until
 * all are added: memory 32 m numbers a head. Time O(32 m (rank + heads)); pairs
 * are left early that are neither below the threshold nor the closest.
 * LLN_EINVAL: more than `heads` heads; LLN_ENOMEM, and the statuses of
 * lln_pair_sample_open. */
LLN_NODISCARD lln_status lln_duplicates_add(lln_duplicates *all, size_t number,
                                            uint64_t seed,
                                            lln_attention *attention);

/* What has been found; not while heads are added. */
lln_duplicates_found lln_duplicates_find(const lln_duplicates *all);

void lln_duplicates_close(lln_duplicates *all);

#endif
