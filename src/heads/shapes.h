/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checks that the arrays of a bundle fit together, and reads their axes.
 * Example: the bundle of layers.3.q [2, 12, 512, 64] and layers.3.k [2, 4, 512,
 * 64] with layout bhnd has the shape {layout[LLN_QUERIES].size {b 2, l 1, h 12,
 * n 512, d 64}, layout[LLN_KEYS].size {b 2, l 1, h 4, n 512, d 64}, group 3}:
 * query heads 6, 7 and 8 use key head 2. */
#ifndef LLN_HEADS_SHAPES_H
#define LLN_HEADS_SHAPES_H

#include "heads/bundles.h"
#include "heads/layout.h"
#include "heads/lengths.h"

/* The rules that every bundle must satisfy. */
typedef struct {
    const char *layout; /* NULL: that of lln_axes */
    lln_split split;    /* heads[LLN_KEYS] = 0: from their features */
    size_t roles;       /* 3 with values, else 2 */
    bool stored;        /* the arrays contain attention weights */
    bool narrow;        /* keys have fewer features than queries: all heads
                           share the others */
    lln_mask mask;
    lln_lengths *lengths;
} lln_shape_rules;

typedef struct {
    lln_axes axes; /* with the number of heads in an axis D for each role */
    lln_layout layout[LLN_ROLES];
    size_t group; /* query heads for each key head */
} lln_bundle_shape;

/* Reads the axes of the arrays of a bundle and checks them against each other.
 * LLN_EINVAL: not a layout. LLN_EFORMAT: the number of axes is wrong, or the
 * sizes contradict each other, the mask or the lengths; the message says which
 * other layouts would fit. */
LLN_NODISCARD lln_status lln_bundle_shape_read(const lln_shape_rules *rules,
                                               const lln_arrays *arrays,
                                               const lln_bundle *bundle,
                                               lln_bundle_shape *shape);

#endif
