/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the arrays of a bundle fit together. */
#ifndef LLN_HEADS_SHAPES_H
#define LLN_HEADS_SHAPES_H

#include "heads/bundles.h"
#include "heads/layout.h"
#include "heads/lengths.h"

/* What must hold of every bundle. */
typedef struct {
    const char *layout; /* NULL: that of lln_axes */
    lln_split split;    /* heads[LLN_KEYS] = 0: by their features */
    size_t roles;       /* 3 with values, else 2 */
    bool stored;        /* the arrays hold attention weights */
    lln_mask mask;
    lln_lengths *lengths;
} lln_shape_rules;

/* Axes of the arrays, with the strides of C order. */
typedef struct {
    lln_axes axes; /* with all heads of an axis D */
    lln_layout layout[LLN_ROLES];
    size_t group; /* query heads that share a key head */
} lln_bundle_shape;

/* Reads the axes of a bundle's arrays and checks them against each other.
 * LLN_EINVAL: not a layout. LLN_EFORMAT: other numbers of axes, or sizes that
 * contradict each other, the mask or the lengths; the message then says which
 * other layouts would fit. */
LLN_NODISCARD lln_status lln_bundle_shape_read(const lln_shape_rules *rules,
                                               const lln_arrays *arrays,
                                               const lln_bundle *bundle,
                                               lln_bundle_shape *shape);

#endif
