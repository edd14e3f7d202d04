/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The maps of one layer, with their numbers, and how they apply to a head. */
#ifndef LLN_HEADS_LAYER_MAP_H
#define LLN_HEADS_LAYER_MAP_H

#include "core/moments.h"
#include "heads/maps.h"
#include "heads/qk_norm.h"
#include "heads/query_scale.h"
#include "heads/rope.h"
#include "heads/turns.h"

typedef struct {
    double clip; /* infinite: none */
    lln_qk_norm norm;
    lln_rope rope;
    size_t dims; /* turned channels */
    lln_query_scale scale;
    lln_map_array array[LLN_MAP_ARRAYS]; /* those that the layer uses */
    lln_map_array factors;               /* of queries, from a file */
    const lln_positions *positions;      /* of the maps */
} lln_layer_map;

/* Fills in the maps of the layer of a described head, which has features as
 * all heads of the layer. `maps` must live as long. Release with
 * lln_layer_map_close, after failures too. LLN_EINVAL, LLN_EFORMAT: the
 * features of the heads or an array do not go with the maps; else the statuses
 * of lln_kernel_arrays_open. */
LLN_NODISCARD lln_status lln_layer_map_open(const lln_maps *maps,
                                            const lln_head *head,
                                            lln_layer_map *map);

void lln_layer_map_close(lln_layer_map *map);

/* LLN_EINVAL, LLN_EFORMAT: arrays, positions or the numbers of queries and keys
 * of a described head of the layer do not go with the maps. */
LLN_NODISCARD lln_status lln_layer_map_check(const lln_layer_map *map,
                                             const lln_head *head);

/* Queries or keys of a head that are mapped a few rows at a time. */
typedef struct {
    const lln_layer_map *map;
    const lln_head *head; /* shapes and places are read, no numbers */
    lln_role role;
    lln_turns_cache *cache;
    const lln_turns *turns; /* NULL: no rotary embedding */
} lln_map_target;

/* Prepares mapping; what it is given must live until lln_map_target_close,
 * which is legal after failures too. Statuses are those of
 * lln_rope_frequencies and lln_turns_take. */
LLN_NODISCARD lln_status lln_map_target_open(const lln_layer_map *map,
                                             const lln_head *head,
                                             lln_role role,
                                             lln_turns_cache *cache,
                                             lln_map_target *target);
void lln_map_target_close(lln_map_target *target);

/* What comes before the norm, for x [rows x d], rows `first` ... of the matrix:
 * clamping, and rotary embedding if the norm is after it. Any rows may be
 * mapped at the same time by several threads. */
void lln_layer_map_begin(const lln_map_target *target, size_t first,
                         size_t rows, double *x);

/* The norm and what follows it: rotary embedding if it does, and the factors
 * of queries. tokens [all rows]: moments over all heads of the layer; NULL: the
 * norm is of each head. */
void lln_layer_map_end(const lln_map_target *target, const lln_moments *tokens,
                       size_t first, size_t rows, double *x);

#endif
