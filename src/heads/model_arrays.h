/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How what is known of a model decides the reading of its arrays. */
#ifndef LLN_HEADS_MODEL_ARRAYS_H
#define LLN_HEADS_MODEL_ARRAYS_H

#include <stdbool.h>

#include "heads/model.h"
#include "heads/split.h"
#include "tensor/tensor.h"

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
