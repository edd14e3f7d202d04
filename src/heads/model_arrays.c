/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/model_arrays.h"

#include <string.h>

const char *lln_model_layout(const lln_model_arrays *model, bool layer_known,
                             const lln_tensor *queries)
{
    const size_t *size = queries->shape, axes = queries->axes;
    if (axes < 3 || axes > 4 || size[axes - 1] != model->head_dim)
        return NULL;
    bool before = size[axes - 3] == model->heads;
    bool after = size[axes - 2] == model->heads;
    if (before == after)
        return NULL;
    if (axes == 3)
        return before ? "hnd" : "nhd";
    if (!layer_known && size[0] == model->layers)
        return before ? "lhnd" : NULL;
    return before ? "bhnd" : "bnhd";
}

void lln_model_split(const lln_model_arrays *model, const char *layout,
                     const lln_tensor *queries, lln_split *split)
{
    size_t heads = model->heads, keys = model->key_heads;
    size_t all = split->fused != LLN_FUSED_NONE ? heads + 2 * keys : heads;
    size_t width = queries->axes > 0 ? queries->shape[queries->axes - 1] : 0;
    if (layout ? !strchr(layout, 'D') : width != all * model->head_dim)
        return;
    split->heads[LLN_QUERIES] = heads;
    split->heads[LLN_KEYS] = split->heads[LLN_VALUES] = keys;
}
