/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the configuration of a model says of arrays of its queries and keys. */
#ifndef LLN_HEADS_MODEL_H
#define LLN_HEADS_MODEL_H

#include <stdbool.h>
#include <stddef.h>

/* The order of features in an array that contains queries, keys and values. */
typedef enum {
    LLN_FUSED_NONE,    /* an array contains only one of them */
    LLN_FUSED_QKV,     /* queries of all heads, then keys, then values */
    LLN_FUSED_HEAD_QKV /* for each key head its queries, its keys, its values */
} lln_fused;

/* Zeroed: nothing is known. */
typedef struct {
    size_t heads, key_heads, head_dim; /* features of one of `heads` */
    lln_fused fused;     /* order of queries, keys and values in one array, in
                            place of that by its name */
    const bool *without; /* [layers]: layers that are not to be read; NULL: all
                            are */
    size_t layers;       /* 0: the array is known to be that of one layer */
} lln_model_arrays;

#endif
