/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether rotary embedding with the other pairing of channels would make more
 * sense of raw queries and keys. */
#ifndef LLN_MEASURE_PAIRING_H
#define LLN_MEASURE_PAIRING_H

#include <stdbool.h>

#include "heads/heads.h"
#include "heads/rope.h"

/* Mean over the last 32 queries, or all if there are fewer, of what softmax
 * attention gives to the key at the place of the query and the three before
 * it. LLN_EUNDEFINED: no queries, or more than keys; else the statuses of
 * lln_kernel_open and lln_attention_rows. */
LLN_NODISCARD lln_status lln_near_diagonal(const lln_head *head, double *mass);

/* Means over a few heads; NaN: none of them has rotary embedding. */
typedef struct {
    double asked, other;      /* mass near the diagonal with either pairing */
    lln_rope_pairing pairing; /* the other one, of the last head */
    bool seen; /* the other mass is at least 0.2 and twice as large */
} lln_pairing;

/* Compares the pairings on four heads of a set of lln_mapped_open, evenly
 * spaced. A raw language model with the right pairing had 0.29 to 0.77 by
 * layer, with the wrong one 0.05 to 0.17. Heads that cannot be measured are
 * left out. Heads of fewer than 64 queries are never said to be wrong. LLN_EIO
 * and LLN_ENOMEM of loading. */
LLN_NODISCARD lln_status lln_pairing_look(const lln_heads *mapped,
                                          lln_pairing *found);

#endif
