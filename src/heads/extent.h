/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many heads of how many tokens files hold, in words: a wrong order of
 * axes that happens to fit is seen there. */
#ifndef LLN_HEADS_EXTENT_H
#define LLN_HEADS_EXTENT_H

#include "heads/shapes.h"

/* "qk.npz: 2 layers, 4 query heads, 4 key heads, 128 tokens, 64 features" of
 * all that is in bundles [count], which are ordered by layer; batch entries if
 * there is such an axis, "64 to 128 tokens" where layers differ, and
 * features of values (roles = 3) that differ from those of keys. With roles = 1
 * it is "attention weights of 2 layers, 4 heads, 128 tokens". `name` is
 * that of the file; *text is owned by the caller. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_extent_describe(const char *name,
                                             const lln_bundle *bundles,
                                             const lln_bundle_shape *shapes,
                                             size_t count, size_t roles,
                                             char **text);

#endif
