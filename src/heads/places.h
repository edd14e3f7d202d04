/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The heads in the bundles, and which of them are selected.
 * Example: layers.3.q [2, 12, 512, 64], with layout bhnd, is in bundle 1 of
 * qk.npz (bundles.h) and contains 24 heads. Head 7 of batch entry 1 has the
 * place {bundle 1, at {batch 1, layer 0, head 7}, layer 3, head 7}: the array
 * has no axis of layers, so that at.layer is 0 and the layer number comes from
 * the name of the array. */
#ifndef LLN_HEADS_PLACES_H
#define LLN_HEADS_PLACES_H

#include "heads/shapes.h"
#include "heads/views.h"

/* One head: its bundle, its indices along the axes of the queries, and its
 * layer and head numbers in tables (-1: none). */
typedef struct {
    size_t bundle;
    lln_place at;
    long layer, head;
    size_t index; /* among the heads that were chosen */
} lln_head_place;

/* The heads of bundles [count] that `files` selects, ordered by batch entry,
 * layer and head: heads [*chosen], owned by the caller. `name` (of the file) is
 * for messages. Statuses are those of lln_selection_read; LLN_EFORMAT also if
 * there is no axis to select from; LLN_ENOMEM. */
LLN_NODISCARD lln_status
lln_head_places_list(const lln_files *files, const char *name,
                     const lln_bundle *bundles, const lln_bundle_shape *shapes,
                     size_t count, lln_head_place **heads, size_t *chosen);

/* Bytes of the arrays that the heads are read from, uncompressed, each array
 * counted once. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_head_places_bytes(
    const lln_arrays *arrays, const lln_bundle *bundles, size_t bundle_count,
    size_t roles, const lln_head_place *heads, size_t head_count,
    size_t *bytes);

#endif
