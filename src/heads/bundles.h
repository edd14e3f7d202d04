/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which arrays of the files form a bundle: the queries and keys, and optionally
 * the values, of one layer, one head, or all heads.
 * Example: qk.npz with the arrays layers.0.q, layers.0.k, layers.3.q and
 * layers.3.k has two bundles. Bundle 1 is {layer 3, head -1, key_head -1,
 * number {2, 3}}, where arrays 2 and 3 are layers.3.q and layers.3.k. shapes.h
 * reads its axes, places.h lists its heads, views.h finds the matrix of a
 * head. */
#ifndef LLN_HEADS_BUNDLES_H
#define LLN_HEADS_BUNDLES_H

#include "heads/choice.h"

typedef struct {
    long layer, head; /* from the names of the arrays; -1: none */
    long key_head; /* of the keys, from the name of their array or by its index;
                      -1: none */
    size_t number[LLN_ROLES]; /* [roles]: the arrays, by their numbers in the
                                 lln_arrays */
} lln_bundle;

/* Opens the files into `arrays` and chooses the arrays: those that match the
 * user's patterns; else the only array of a file; else those whose names have
 * words for queries, keys and values (lln_candidates_queries).
 * bundles [*count] are ordered by layer, then by head; the caller frees them.
 * *roles: number of arrays in a bundle, 3 with values, else 2. All roles must
 * have the same layers. In a layer, the number of arrays of keys, and of
 * values, must divide the number of arrays of queries: neighbouring query heads
 * use the same key head.
 * If an array contains queries, keys and values, it is the array of all roles,
 * and *fused is the order of its features. *note states which arrays were
 * chosen by their names; the caller frees it. NULL: none were. Statuses are
 * those of lln_files_open. */
LLN_NODISCARD lln_status lln_bundles_open(const lln_files *files,
                                          lln_arrays *arrays,
                                          lln_bundle **bundles, size_t *count,
                                          size_t *roles, lln_fused *fused,
                                          char **note);

#endif
