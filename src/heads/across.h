/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moments of tokens over all heads of a layer, for norms across heads. */
#ifndef LLN_HEADS_ACROSS_H
#define LLN_HEADS_ACROSS_H

#include "heads/layer_map.h"

typedef struct lln_across lln_across;

/* Moments of one layer of one batch entry. */
typedef struct {
    lln_moments *queries, *keys; /* of each token, without padding */
} lln_layer_moments;

/* `heads` has all heads of each layer, `turns` serve rotary embedding that
 * comes before the norm; both must live as long. NULL when out of memory; NULL
 * is a legal argument of lln_across_free. */
lln_across *lln_across_alloc(const lln_heads *heads, lln_turns_cache *turns);
void lln_across_free(lln_across *across);

/* The moments for a described head and the maps of its layer, to be given back
 * by lln_across_give: of queries and keys as lln_layer_map_begin leaves them.
 * They are found once and kept for the heads that follow. Several threads may
 * call both at once. Statuses are those of loading; LLN_EFORMAT: heads of the
 * layer have different numbers of tokens. */
LLN_NODISCARD lln_status lln_across_take(lln_across *across,
                                         const lln_layer_map *map,
                                         const lln_head *head,
                                         const lln_layer_moments **moments);
void lln_across_give(lln_across *across, const lln_layer_moments *moments);

#endif
