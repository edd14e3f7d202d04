/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the configuration of a model says of arrays of its queries and keys. */
#ifndef LLN_HEADS_MODEL_ARRAYS_H
#define LLN_HEADS_MODEL_ARRAYS_H

#include <stdbool.h>

#include "heads/split.h"
#include "tensor/tensor.h"

/* Zeroed: nothing is known. */
typedef struct {
    size_t heads, key_heads, head_dim; /* features of one of `heads` */
    lln_fused fused;     /* order of queries, keys and values in one array, in
                            place of that by its name */
    const bool *without; /* [layers]: layers that are not to be read; NULL: all
                            are */
    size_t layers;       /* 0: the array is known to be that of one layer */
} lln_model_arrays;

/* The layout of an array of queries of single heads, which follows from the
 * number of heads: hnd, nhd, bhnd, bnhd, or lhnd if the first axis has all
 * layers. layer_known: it is that of one layer. NULL: none of them, or several;
 * features that are not head_dim. */
const char *lln_model_layout(const lln_model_arrays *model, bool layer_known,
                             const lln_tensor *queries);

/* Sets the heads that are side by side in an axis of features: if the layout
 * has an axis D, or there is no layout and the features are those of all heads,
 * and of keys and values if split->fused says so. Else *split stays. */
void lln_model_split(const lln_model_arrays *model, const char *layout,
                     const lln_tensor *queries, lln_split *split);

#endif
