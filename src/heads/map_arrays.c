/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/map_arrays.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { NAME = 1024 }; /* bytes of the name of an array in a message */

const char *const lln_map_array_names[LLN_MAP_ARRAYS] = {
    [LLN_MAP_Q_NORM] = "q_norm",
    [LLN_MAP_K_NORM] = "k_norm",
    [LLN_MAP_Q_NORM_BIAS] = "q_norm_bias",
    [LLN_MAP_K_NORM_BIAS] = "k_norm_bias",
    [LLN_MAP_ROPE_SHORT] = "rope_short",
    [LLN_MAP_ROPE_LONG] = "rope_long",
    [LLN_MAP_ROPE_FREQS] = "rope_freqs",
    [LLN_MAP_SSMAX] = "ssmax",
};

void lln_map_arrays_mark(const char *list, const char *const *names,
                         size_t count, bool *found)
{
    while (list) {
        size_t length = strcspn(list, "=,");
        for (size_t i = 0; i < count; i++)
            if (strlen(names[i]) == length &&
                strncmp(names[i], list, length) == 0)
                found[i] = true;
        list = strchr(list, ',');
        list += list != NULL;
    }
}

bool lln_map_array_find(const lln_kernel_arrays *arrays, const char *name,
                        size_t *index)
{
    size_t count = arrays ? lln_kernel_arrays_count(arrays) : 0;
    for (*index = 0; *index < count; ++*index)
        if (strcmp(lln_kernel_arrays_name(arrays, *index), name) == 0)
            return true;
    return false;
}

/* What is left of a tensor: axes from `first` on, from an offset on. */
typedef struct {
    const lln_tensor *tensor;
    size_t first, offset;
} part;

/* The entry of a layer in a tensor whose first axis is of layers, or all. */
static part cut_layer(const lln_head *head, size_t shared,
                      const lln_tensor *tensor)
{
    if (head->of.layer < 2 || tensor->axes < 2 ||
        tensor->shape[0] != head->of.layer ||
        (tensor->axes == 2 && tensor->shape[0] == shared))
        return (part){tensor, 0, 0};
    return (part){tensor, 1, head->at.layer * tensor->strides[0]};
}

static size_t count_numbers(const part *p)
{
    size_t count = lln_tensor_count(p->tensor);
    return p->first > 0 ? count / p->tensor->shape[0] : count;
}

/* Copies a part row by row, a row being the last axis. endless: -inf may be
 * among the numbers. */
static lln_status copy_rows(const char *name, const part *p, bool endless,
                            lln_map_array *array)
{
    const lln_tensor *tensor = p->tensor;
    size_t last = tensor->axes > 0 ? tensor->axes - 1 : 0;
    size_t width = tensor->axes > 0 ? tensor->shape[last] : 1;
    size_t step = tensor->axes > 0 ? tensor->strides[last] : 1;
    for (size_t at = 0; at < array->count; at += width) {
        lln_tensor_slice row = {p->offset, 1, width, width, step};
        size_t rest = at / width, bad;
        for (size_t a = last; a-- > p->first; rest /= tensor->shape[a])
            row.offset += rest % tensor->shape[a] * tensor->strides[a];
        LLN_TRY(lln_tensor_copy(tensor, &row, LLN_FLOAT64, array->numbers + at,
                                &bad));
        for (; bad < width; bad++) {
            double number = array->numbers[at + bad];
            if (!isfinite(number) && !(endless && number == -INFINITY))
                return lln_fail(LLN_EFORMAT, "%s: number %zu is %g", name,
                                at + bad, number);
        }
    }
    return LLN_OK;
}

static lln_status read_numbers(const lln_kernel_arrays *arrays, size_t index,
                               const lln_head *head, size_t shared,
                               bool endless, lln_map_array *array)
{
    char name[NAME];
    lln_tensor tensor;
    *array = (lln_map_array){.count = 0};
    if (lln_kernel_arrays_by_head(arrays, index))
        return lln_fail(LLN_EINVAL,
                        "array '%s': {head} cannot be used in its KEY; "
                        "expected one array for all heads of a layer",
                        lln_kernel_arrays_name(arrays, index));
    LLN_TRY(lln_kernel_arrays_tensor(arrays, index, head, name, sizeof name,
                                     &tensor));
    part layer = cut_layer(head, shared, &tensor);
    array->count = count_numbers(&layer);
    array->width = tensor.axes > 0 ? tensor.shape[tensor.axes - 1] : 1;
    if (array->count == 0)
        return lln_fail(LLN_EFORMAT, "%s: no numbers", name);
    array->numbers = lln_array_alloc(array->count, sizeof *array->numbers);
    if (!array->numbers)
        return LLN_ENOMEM;
    lln_status status = copy_rows(name, &layer, endless, array);
    if (status != LLN_OK) {
        free(array->numbers);
        *array = (lln_map_array){.count = 0};
    }
    return status;
}

lln_status lln_map_array_read(const lln_kernel_arrays *arrays, size_t index,
                              const lln_head *head, size_t shared,
                              lln_map_array *array)
{
    return read_numbers(arrays, index, head, shared, false, array);
}

lln_status lln_map_array_read_sinks(const lln_kernel_arrays *arrays,
                                    size_t index, const lln_head *head,
                                    lln_map_array *array)
{
    return read_numbers(arrays, index, head, 0, true, array);
}
