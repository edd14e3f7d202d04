/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cosines and sines of rotary embedding, computed once for heads that have the
 * same frequencies and positions. */
#ifndef LLN_HEADS_TURNS_H
#define LLN_HEADS_TURNS_H

#include "heads/positions.h"
#include "heads/rope.h"

/* What decides the angles of `count` keys. */
typedef struct {
    const lln_rope *rope;
    const double *f; /* inverse frequencies [pairs] */
    size_t pairs;
    double attention; /* factor of cosines and sines */
    const lln_positions *positions;
    size_t entry, padding, count; /* as of lln_position_at */
} lln_turns_key;

typedef struct lln_turns_cache lln_turns_cache;

/* NULL when out of memory; lln_turns_cache_free releases it and all turns,
 * NULL is legal. The few that were used last are kept. */
lln_turns_cache *lln_turns_cache_alloc(void);
void lln_turns_cache_free(lln_turns_cache *cache);

/* The turns of these keys in float64, at least `count` rows, to be given back
 * by lln_turns_give. Several threads may call both at once; positions must be
 * the same for all calls. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_turns_take(lln_turns_cache *cache,
                                        const lln_turns_key *key,
                                        const lln_turns **turns);
void lln_turns_give(lln_turns_cache *cache, const lln_turns *turns);

#endif
