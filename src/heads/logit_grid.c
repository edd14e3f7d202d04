/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/logit_grid.h"

#include <string.h>

size_t lln_grid_queries(const lln_head *head)
{
    return head->queries > 0 ? head->queries : head->q.rows;
}

size_t lln_grid_keys(const lln_head *head)
{
    return head->keys > 0 ? head->keys : head->k.rows;
}

bool lln_grid_head(const lln_head *head, size_t count, size_t *index)
{
    *index = head->head < 0 ? 0 : (size_t)head->head;
    if (head->head < 0)
        return count == 1;
    return head->of.head > 1 ? count == head->of.head : *index < count;
}

static lln_status bad_shape(const lln_grid_axes *array, const lln_head *head)
{
    char shape[LLN_TENSOR_SHAPE_TEXT];
    lln_tensor tensor = {.axes = array->axes};
    size_t n = lln_grid_queries(head), m = lln_grid_keys(head);
    memcpy(tensor.shape, array->shape, array->axes * sizeof *array->shape);
    return lln_fail(
        LLN_EINVAL, "%s: shape %s; expected (%zu, %zu) or (%zu, %zu, %zu)",
        array->name, lln_tensor_shape_text(&tensor, shape, sizeof shape), n, m,
        head->of.head > 1 ? head->of.head : 1, n, m);
}

lln_status lln_grid_find(const lln_grid_axes *array, const lln_head *head,
                         lln_tensor_slice *slice)
{
    const size_t *shape = array->shape, *strides = array->strides;
    size_t axes = array->axes, offset = 0, at;
    for (; axes > 2 && shape[0] == 1; axes--, shape++, strides++)
        ;
    if (axes == 4) {
        bool layers = shape[0] == head->of.layer;
        if (!layers && shape[0] != head->of.batch)
            return bad_shape(array, head);
        offset += strides[0] * (layers ? head->at.layer : head->at.batch);
        axes--, shape++, strides++;
    }
    if (axes == 3 && shape[0] > 1) {
        if (!lln_grid_head(head, shape[0], &at))
            return bad_shape(array, head);
        offset += strides[0] * at;
    }
    if (axes == 3)
        axes--, shape++, strides++;
    if (axes != 2 || shape[0] != lln_grid_queries(head) ||
        shape[1] != lln_grid_keys(head))
        return bad_shape(array, head);
    offset += head->first * strides[0] + head->first_key * strides[1];
    *slice = (lln_tensor_slice){offset, head->q.rows, head->k.rows, strides[0],
                                strides[1]};
    return LLN_OK;
}
