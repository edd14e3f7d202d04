/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads that lie side by side along the features of an array, as linear layers
 * return them, and queries, keys and values that do in one array. */
#ifndef LLN_HEADS_SPLIT_H
#define LLN_HEADS_SPLIT_H

#include "heads/heads.h"

/* The order of features in an array of queries, keys and values. */
typedef enum {
    LLN_FUSED_NONE,    /* an array holds one of them */
    LLN_FUSED_QKV,     /* queries of all heads, then keys, then values */
    LLN_FUSED_HEAD_QKV /* for each key head its queries, its keys, its values */
} lln_fused;

typedef struct {
    size_t heads[LLN_ROLES]; /* side by side; 0: not told */
    lln_fused fused;
} lln_split;

/* Where the heads of a role are among `width` features. Head h begins at
 * offset + h stride, or, if group > 0, at
 * offset + (h / group) group_stride + (h mod group) stride. */
typedef struct {
    size_t heads, features; /* of one head */
    size_t offset, stride, group, group_stride;
} lln_split_part;

/* Reads "H" or "H:HK", query heads and key heads: heads[LLN_KEYS] = 0 if HK is
 * missing. LLN_EINVAL: not that, or HK does not divide H. */
LLN_NODISCARD lln_status lln_split_read(const char *text, lln_split *split);

/* The name of an order, "qkv" or "head-qkv"; *fused. LLN_EINVAL: no such. */
LLN_NODISCARD lln_status lln_fused_read(const char *text, lln_fused *fused);
const char *lln_fused_name(lln_fused fused);

/* The part of a role; heads[] are all known. `name` (of the array) stands in
 * front of messages. LLN_EFORMAT: width is no whole number of features for
 * each head. */
LLN_NODISCARD lln_status lln_split_find(const lln_split *split, lln_role role,
                                        const char *name, size_t width,
                                        lln_split_part *part);

/* The part of a role where the features of one head are those of its queries,
 * its keys and its values. LLN_EFORMAT: width is no multiple of 3. */
LLN_NODISCARD lln_status lln_split_thirds(lln_role role, const char *name,
                                          size_t width, lln_split_part *part);

/* The message that --split-heads is missing for `width` features, with numbers
 * of heads that would divide them. Returns LLN_EINVAL. */
lln_status lln_split_missing(const lln_split *split, const char *name,
                             size_t width);

#endif
