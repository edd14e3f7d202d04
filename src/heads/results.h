/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where results go that are a matrix for each head: arrays with the names and
 * the layout of those of the queries. */
#ifndef LLN_HEADS_RESULTS_H
#define LLN_HEADS_RESULTS_H

#include "heads/places.h"

/* An array [batch, layers, heads, queries, value features] with its axes in
 * the order of the layout, and without those that the queries do not have.
 * Heads that are side by side in the queries are so here. */
typedef struct lln_result {
    char *key;         /* that of the queries with the word for results; "o" if
                          it has no word to replace; owned */
    lln_tensor tensor; /* its axes, in C order; no data */
    lln_layout layout;
    size_t *heads; /* [batch x layers x heads]: their numbers in the set; owned
                    */
} lln_result;

/* Makes room for a result with this layout (NULL: nd) and axes of these sizes,
 * each at least 1. `name` is that of the queries. Released by lln_result_close.
 * LLN_ENOMEM; LLN_EINVAL: not a layout. */
LLN_NODISCARD lln_status lln_result_open(const char *letters, const char *name,
                                         const size_t size[LLN_AXIS_KINDS],
                                         lln_result *result);

/* The results of heads [head_count], in the order of lln_head_places_list: one
 * for each bundle of which there are heads, with the layers and heads that
 * there are. LLN_ENOMEM. */
LLN_NODISCARD lln_status
lln_results_list(const char *letters, const lln_arrays *arrays,
                 const lln_bundle *bundles, const lln_bundle_shape *shapes,
                 size_t bundle_count, const lln_head_place *heads,
                 size_t head_count, lln_result **results, size_t *count);

/* Releases an array of results. */
void lln_results_free(lln_result *results, size_t count);

#endif
