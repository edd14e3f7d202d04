/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Describes in words how many heads and tokens a file contains. A user who gave
 * the axes in a wrong order that happens to fit sees it there.
 * Example: layers.0 and layers.3, with queries [2, 12, 512, 64] and keys [2, 4,
 * 512, 64] in layout bhnd, are "2 batch entries, 2 layers, 12 query heads, 4
 * key heads, 512 tokens, 64 features". */
#ifndef LLN_HEADS_EXTENT_H
#define LLN_HEADS_EXTENT_H

#include "heads/shapes.h"

/* Describes all heads in bundles [count], which are ordered by layer: "qk.npz:
 * 2 layers, 4 query heads, 4 key heads, 128 tokens, 64 features". Batch entries
 * are stated if the arrays have that axis, "64 to 128 tokens" if layers differ,
 * and the features of values (roles = 3) if they differ from those of keys.
 * With roles = 1 it is "attention weights of 2 layers, 4 heads, 128 tokens".
 * `name` is the name of the file. The caller owns *text. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_extent_describe(const char *name,
                                             const lln_bundle *bundles,
                                             const lln_bundle_shape *shapes,
                                             size_t count, size_t roles,
                                             char **text);

#endif
