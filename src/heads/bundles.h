/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which arrays of the files go together. */
#ifndef LLN_HEADS_BUNDLES_H
#define LLN_HEADS_BUNDLES_H

#include "heads/choice.h"

/* Queries and keys, perhaps values, of a layer, of a head, or of all. */
typedef struct {
    long layer, head;         /* numbers in the keys; -1: none */
    long key_head;            /* of the array of keys; -1: none */
    size_t number[LLN_ROLES]; /* in the lln_arrays */
} lln_bundle;

/* Opens the files into `arrays` and chooses the arrays: those that patterns
 * name; the only one of a file; else those whose names have words for queries,
 * keys and values (lln_candidates_queries). Bundles [count] are ordered by
 * layer, then head; the caller frees them. The arrays must have the same
 * layers, and key and value heads must divide the query heads, of which
 * neighbours share them. *roles: arrays of a bundle, 3 with values, else 2. If
 * arrays hold queries, keys and values each is that
 * of all roles, and *fused is the order of their features. *note, freed by the
 * caller, says what was chosen by names; NULL if nothing was. Statuses are
 * those of lln_files_open. */
LLN_NODISCARD lln_status lln_bundles_open(const lln_files *files,
                                          lln_arrays *arrays,
                                          lln_bundle **bundles, size_t *count,
                                          size_t *roles, lln_fused *fused,
                                          char **note);

#endif
