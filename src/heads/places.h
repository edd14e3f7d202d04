/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The heads that are in bundles of arrays, and which of them were asked for. */
#ifndef LLN_HEADS_PLACES_H
#define LLN_HEADS_PLACES_H

#include "heads/shapes.h"
#include "heads/views.h"

/* One head: its bundle, where it stands along the axes of the queries, and its
 * numbers in the tables (-1: none). */
typedef struct {
    size_t bundle;
    lln_place at;
    long layer, head;
    size_t index; /* among the heads that were chosen */
} lln_head_place;

/* The heads of bundles [count] that the selections of `files` choose, ordered
 * by batch, layer, head: heads [*chosen], owned by the caller. `name` (of the
 * file) is for messages. Statuses are those of lln_selection_read; LLN_EFORMAT
 * also if there is no axis to select from; LLN_ENOMEM. */
LLN_NODISCARD lln_status
lln_head_places_list(const lln_files *files, const char *name,
                     const lln_bundle *bundles, const lln_bundle_shape *shapes,
                     size_t count, lln_head_place **heads, size_t *chosen);

/* Bytes of the arrays that the heads are read from, each counted once, without
 * compression. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_head_places_bytes(
    const lln_arrays *arrays, const lln_bundle *bundles, size_t bundle_count,
    size_t roles, const lln_head_place *heads, size_t head_count,
    size_t *bytes);

#endif
