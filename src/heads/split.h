/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads that are side by side along the features of an array, as linear layers
 * return them; and queries, keys and values that are in one array.
 * Example: qkv [2, 512, 1280] with layout bnD, --split-heads 12:4 and --fused
 * qkv has heads of 1280 / (12 + 4 + 4) = 64 features. Query head h begins at
 * feature 64 h, key head g at 768 + 64 g, value head g at 1024 + 64 g. */
#ifndef LLN_HEADS_SPLIT_H
#define LLN_HEADS_SPLIT_H

#include "heads/heads.h"
#include "heads/model.h"

typedef struct {
    size_t heads[LLN_ROLES]; /* number side by side; 0: not given */
    lln_fused fused;
} lln_split;

/* The position of the heads of a role among `width` features. Head h begins at
 * offset + h stride, or, if group > 0, at offset + (h / group) group_stride +
 * (h mod group) stride. */
typedef struct {
    size_t heads, features; /* of one head */
    size_t offset, stride, group, group_stride;
} lln_split_part;

/* Reads "H" or "H:HK", the numbers of query heads and of key heads.
 * heads[LLN_KEYS] = 0 if HK is missing. LLN_EINVAL: another text, or HK does
 * not divide H. */
LLN_NODISCARD lln_status lln_split_read(const char *text, lln_split *split);

/* Reads the name of an order, "qkv" or "head-qkv". LLN_EINVAL: another name. */
LLN_NODISCARD lln_status lln_fused_read(const char *text, lln_fused *fused);
const char *lln_fused_name(lln_fused fused);

/* The part of a role. All heads[] must be known. `name` (of the array) begins
 * messages. LLN_EFORMAT: `width` is not a multiple of the number of heads. */
LLN_NODISCARD lln_status lln_split_find(const lln_split *split, lln_role role,
                                        const char *name, size_t width,
                                        lln_split_part *part);

/* The part of a role if the features of each head are its queries, then its
 * keys, then its values. LLN_EFORMAT: `width` is not a multiple of 3. */
LLN_NODISCARD lln_status lln_split_thirds(lln_role role, const char *name,
                                          size_t width, lln_split_part *part);

/* Stores the message that --split-heads is missing for `width` features, with
 * numbers of heads that divide them. Returns LLN_EINVAL. */
lln_status lln_split_missing(const lln_split *split, const char *name,
                             size_t width);

#endif
