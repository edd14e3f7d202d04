/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/places.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/sorting.h"

/* The numbers of layers or of heads, and which of them are selected. */
typedef struct {
    size_t *numbers; /* [count], ascending */
    bool *chosen;
    size_t count;
} numbering;

static size_t heads_in(const lln_bundle_shape *shape)
{
    const size_t *size = shape->layout[LLN_QUERIES].size;
    return size[LLN_AXIS_BATCH] * size[LLN_AXIS_LAYER] * size[LLN_AXIS_HEAD];
}

static long number_of(long named, const lln_layout *layout, int axis, size_t at)
{
    if (named >= 0)
        return named;
    return layout->present[axis] ? (long)at : -1;
}

/* Appends the heads of a bundle. */
static lln_head_place *add_bundle(const lln_bundle *bundle, size_t index,
                                  const lln_bundle_shape *shape,
                                  lln_head_place *head)
{
    const lln_layout *q = &shape->layout[LLN_QUERIES];
    for (size_t b = 0; b < q->size[LLN_AXIS_BATCH]; b++)
        for (size_t l = 0; l < q->size[LLN_AXIS_LAYER]; l++)
            for (size_t h = 0; h < q->size[LLN_AXIS_HEAD]; h++, head++)
                *head = (lln_head_place){
                    .bundle = index,
                    .at = {b, l, h},
                    .layer = number_of(bundle->layer, q, LLN_AXIS_LAYER, l),
                    .head = number_of(bundle->head, q, LLN_AXIS_HEAD, h)};
    return head;
}

static int compare_heads(const void *first, const void *second)
{
    const lln_head_place *a = first, *b = second;
    if (a->at.batch != b->at.batch)
        return a->at.batch < b->at.batch ? -1 : 1;
    if (a->layer != b->layer)
        return a->layer < b->layer ? -1 : 1;
    return (a->head > b->head) - (a->head < b->head);
}

/* Sorts the numbers and reads the selection. LLN_EFORMAT: a selection of layers
 * or heads that have no numbers. */
static lln_status read_numbering(const char *text, const char *option,
                                 const char *name, numbering *numbers)
{
    if (text && numbers->count == 0)
        return lln_fail(LLN_EFORMAT, "--%s %s: the layout of %s has no %s",
                        option, text, name, option);
    numbers->count = lln_sort_unique(numbers->numbers, numbers->count);
    return lln_selection_read(text, option, name, numbers->numbers,
                              numbers->count, numbers->chosen);
}

/* Whether a number is selected. A head without a number (-1) is. */
static bool is_chosen(const numbering *numbers, long number)
{
    size_t wanted = (size_t)number;
    if (number < 0)
        return true;
    const size_t *found = bsearch(&wanted, numbers->numbers, numbers->count,
                                  sizeof wanted, lln_compare_sizes);
    return found && numbers->chosen[found - numbers->numbers];
}

static lln_status numbering_alloc(numbering *numbers, size_t size)
{
    numbers->numbers = lln_array_alloc(size, sizeof *numbers->numbers);
    numbers->chosen = lln_array_alloc(size, sizeof *numbers->chosen);
    return numbers->numbers && numbers->chosen ? LLN_OK : LLN_ENOMEM;
}

static void numbering_free(numbering *numbers)
{
    free(numbers->numbers);
    free(numbers->chosen);
}

/* Whether a layer is not to be read. */
static bool is_without(const lln_model_arrays *model, long layer)
{
    return model->without && layer >= 0 && (size_t)layer < model->layers &&
           model->without[layer];
}

/* Keeps those of heads [*count] that were asked for. */
static lln_status select_heads(const lln_files *files, const char *name,
                               lln_head_place *heads, size_t *count,
                               numbering *layers, numbering *numbers)
{
    for (size_t i = 0; i < *count; i++) {
        if (heads[i].layer >= 0)
            layers->numbers[layers->count++] = (size_t)heads[i].layer;
        if (heads[i].head >= 0)
            numbers->numbers[numbers->count++] = (size_t)heads[i].head;
    }
    LLN_TRY(read_numbering(files->layers, "layers", name, layers));
    LLN_TRY(read_numbering(files->heads, "heads", name, numbers));
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (!is_without(&files->model, heads[i].layer) &&
            is_chosen(layers, heads[i].layer) &&
            is_chosen(numbers, heads[i].head))
            heads[kept++] = heads[i];
    *count = kept;
    if (kept == 0 && files->model.without)
        return lln_fail(LLN_EFORMAT,
                        "%s: no layer that is selected has softmax", name);
    return LLN_OK;
}

lln_status lln_head_places_list(const lln_files *files, const char *name,
                                const lln_bundle *bundles,
                                const lln_bundle_shape *shapes, size_t count,
                                lln_head_place **heads, size_t *chosen)
{
    numbering layers = {0}, numbers = {0};
    *chosen = 0;
    for (size_t i = 0; i < count; i++)
        *chosen += heads_in(&shapes[i]);
    *heads = lln_array_alloc(*chosen, sizeof **heads);
    lln_status status = *heads ? numbering_alloc(&layers, *chosen) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = numbering_alloc(&numbers, *chosen);
    if (status == LLN_OK) {
        lln_head_place *end = *heads;
        for (size_t i = 0; i < count; i++)
            end = add_bundle(&bundles[i], i, &shapes[i], end);
        status = select_heads(files, name, *heads, chosen, &layers, &numbers);
        qsort(*heads, *chosen, sizeof **heads, compare_heads);
        for (size_t i = 0; i < *chosen; i++)
            (*heads)[i].index = i;
    }
    numbering_free(&layers);
    numbering_free(&numbers);
    if (status != LLN_OK) {
        free(*heads);
        *heads = NULL;
    }
    return status;
}

lln_status lln_head_places_bytes(const lln_arrays *arrays,
                                 const lln_bundle *bundles, size_t bundle_count,
                                 size_t roles, const lln_head_place *heads,
                                 size_t head_count, size_t *bytes)
{
    size_t count = 0;
    for (size_t b = 0; b < bundle_count; b++)
        for (size_t role = 0; role < roles; role++)
            if (bundles[b].number[role] >= count)
                count = bundles[b].number[role] + 1;
    bool *counted = lln_array_alloc(count, sizeof *counted);
    if (!counted)
        return LLN_ENOMEM;
    *bytes = 0;
    for (size_t i = 0; i < head_count; i++)
        for (size_t role = 0; role < roles; role++) {
            size_t number = bundles[heads[i].bundle].number[role];
            lln_tensor tensor = lln_arrays_shape(arrays, number);
            if (!counted[number])
                *bytes +=
                    lln_tensor_count(&tensor) * lln_dtype_size(tensor.dtype);
            counted[number] = true;
        }
    free(counted);
    return LLN_OK;
}
