/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arrays that results with one matrix for each head are written to. They
 * have the names and the layout of the arrays of queries.
 * Example: queries layers.3.q [2, 12, 512, 64] (bhnd) and values with 32
 * features give the result layers.3.o [2, 12, 512, 32]. */
#ifndef LLN_HEADS_RESULTS_H
#define LLN_HEADS_RESULTS_H

#include "heads/places.h"

/* An array [batch, layers, heads, queries, value features], with its axes in
 * the order of the layout, and without the axes that the queries do not have.
 * Heads that are side by side in the queries are side by side here. */
typedef struct lln_result {
    char *key; /* owned: the key of the queries with the word for results; "o"
                  if it has no word to replace */
    const char *name;          /* of the queries; not owned */
    bool several;              /* it is one of several results */
    char letters[LLN_LETTERS]; /* of the layout */
    lln_tensor tensor;         /* axes in C order; no data */
    lln_layout layout;
    size_t *heads; /* owned: [batch x layers x heads], indices in the set of
                      heads */
} lln_result;

/* Prepares a result with this layout (NULL: nd) and these sizes of its axes,
 * each at least 1. `name` is that of the queries, and must outlive the result.
 * Release with lln_results_free. LLN_ENOMEM; LLN_EINVAL: not a layout. */
LLN_NODISCARD lln_status lln_result_open(const char *letters, const char *name,
                                         const size_t size[LLN_AXIS_KINDS],
                                         lln_result *result);

/* The results of heads [head_count], in the order of lln_head_places_list: one
 * for each bundle with selected heads, with the axes of only those layers and
 * heads; without values it has one feature. LLN_ENOMEM. */
LLN_NODISCARD lln_status
lln_results_list(const char *letters, const lln_arrays *arrays,
                 const lln_bundle *bundles, const lln_bundle_shape *shapes,
                 size_t bundle_count, const lln_head_place *heads,
                 size_t head_count, lln_result **results, size_t *count);

/* Turns a result into one with a map [rows x columns] of each head. Its axes
 * are those of batch entries, layers and heads, in their order, and then rows
 * and columns; it has the word `map` in place of that for results. Example:
 * l0.o [12, 512, 64] (hnd) becomes l0.map [12, rows, columns]. LLN_ENOMEM;
 * LLN_EINVAL and LLN_EFORMAT: not a layout or no shape. */
LLN_NODISCARD lln_status lln_result_turn_to_maps(lln_result *result,
                                                 size_t rows, size_t columns);

/* Releases an array of results. */
void lln_results_free(lln_result *results, size_t count);

#endif
