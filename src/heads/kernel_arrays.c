/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/kernel_arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "heads/files.h"
#include "heads/naming.h"
#include "heads/views.h"

enum { NAME = 1024 }; /* bytes of the name of an array in a message */

/* The arrays of one name: one array, or several that match a pattern. */
typedef struct {
    char *name;
    lln_container *file;
    lln_named *found; /* [count] */
    lln_tensor *tensors;
    size_t count;
} named_arrays;

struct lln_kernel_arrays {
    named_arrays *items;
    size_t count;
    char *layout; /* NULL: default */
    lln_axes axes;
    bool flags; /* may be booleans */
};

size_t lln_kernel_arrays_count(const lln_kernel_arrays *arrays)
{
    return arrays->count;
}

const char *lln_kernel_arrays_name(const lln_kernel_arrays *arrays,
                                   size_t index)
{
    return arrays->items[index].name;
}

const char *lln_kernel_arrays_file(const lln_kernel_arrays *arrays,
                                   size_t index)
{
    return lln_container_name(arrays->items[index].file);
}

bool lln_kernel_arrays_by_head(const lln_kernel_arrays *arrays, size_t index)
{
    const named_arrays *item = &arrays->items[index];
    return item->count > 0 && item->found[0].head >= 0;
}

void lln_kernel_arrays_free(lln_kernel_arrays *arrays)
{
    if (!arrays)
        return;
    for (size_t i = 0; i < arrays->count; i++) {
        free(arrays->items[i].name);
        free(arrays->items[i].found);
        free(arrays->items[i].tensors);
        lln_container_close(arrays->items[i].file);
    }
    free(arrays->items);
    free(arrays->layout);
    free(arrays);
}

/* Finds the array with the key; without a key the array called like the item,
 * or else the only one. A pattern finds several. */
static lln_status find_arrays(const char *key, named_arrays *item)
{
    if (key && strchr(key, '{')) {
        LLN_TRY(lln_pattern_check(key));
        return lln_pattern_find(item->file, key, &item->found, &item->count);
    }
    item->found = lln_array_alloc(1, sizeof *item->found);
    if (!item->found)
        return LLN_ENOMEM;
    item->count = 1;
    item->found[0] = (lln_named){-1, -1, 0};
    size_t *index = &item->found[0].index;
    lln_status status =
        lln_container_find(item->file, key ? key : item->name, index);
    bool other = status != LLN_OK && !key;
    return other && lln_container_only(item->file, 1, index) ? LLN_OK : status;
}

static lln_status read_arrays(named_arrays *item, bool flags)
{
    item->tensors = lln_array_alloc(item->count, sizeof *item->tensors);
    if (!item->tensors)
        return LLN_ENOMEM;
    for (size_t i = 0; i < item->count; i++)
        LLN_TRY((flags ? lln_container_read_flags : lln_container_read)(
            item->file, item->found[i].index, &item->tensors[i]));
    return LLN_OK;
}

/* Opens the arrays at `place`, FILE[:KEY]. */
static lln_status open_item(const char *place, bool flags, named_arrays *item)
{
    char *path, *key;
    lln_status status = lln_files_split(place, &path, &key);
    if (status == LLN_OK && strcmp(path, "-") == 0)
        status = lln_fail(LLN_EINVAL, "'%s=%s': expected the name of a file",
                          item->name, place);
    if (status == LLN_OK)
        status = lln_container_open(path, &item->file);
    if (status == LLN_OK)
        status = find_arrays(key, item);
    if (status == LLN_OK)
        status = read_arrays(item, flags);
    free(path);
    free(key);
    return status;
}

/* Adds the item "NAME=FILE:KEY". `setting` is modified. */
static lln_status add_item(lln_kernel_arrays *arrays, char *setting)
{
    char *place = strchr(setting, '=');
    if (!place || place == setting || place[1] == '\0')
        return lln_fail(LLN_EINVAL, "'%s': expected NAME=FILE[:KEY]", setting);
    *place++ = '\0';
    for (size_t i = 0; i < arrays->count; i++)
        if (strcmp(arrays->items[i].name, setting) == 0)
            return lln_fail(LLN_EINVAL, "'%s' is given twice", setting);
    named_arrays *item = &arrays->items[arrays->count++];
    item->name = strdup(setting);
    if (!item->name)
        return lln_fail(LLN_ENOMEM, "out of memory");
    return open_item(place, arrays->flags, item);
}

static lln_status open_all(const char *text, const lln_axes *axes,
                           lln_kernel_arrays *arrays)
{
    size_t most = 1;
    for (const char *c = text; *c; c++)
        most += *c == ',';
    char *copy = strdup(text), *rest = copy;
    arrays->items = lln_array_alloc(most, sizeof *arrays->items);
    const char *letters = axes ? axes->letters : NULL;
    arrays->axes = axes ? *axes : (lln_axes){.letters = NULL};
    arrays->layout = letters ? strdup(letters) : NULL;
    arrays->axes.letters = arrays->layout;
    lln_status status = LLN_OK;
    if (!copy || !arrays->items || (letters && !arrays->layout))
        status = lln_fail(LLN_ENOMEM, "out of memory");
    while (rest && status == LLN_OK)
        status = add_item(arrays, strsep(&rest, ","));
    free(copy);
    return status;
}

static lln_status open_arrays(const char *text, const lln_axes *axes,
                              bool flags, lln_kernel_arrays **arrays)
{
    *arrays = calloc(1, sizeof **arrays);
    if (!*arrays)
        return lln_fail(LLN_ENOMEM, "out of memory");
    (*arrays)->flags = flags;
    lln_status status = open_all(text, axes, *arrays);
    if (status != LLN_OK) {
        lln_kernel_arrays_free(*arrays);
        *arrays = NULL;
    }
    return status;
}

lln_status lln_kernel_arrays_open(const char *text, const lln_axes *axes,
                                  lln_kernel_arrays **arrays)
{
    return open_arrays(text, axes, false, arrays);
}

lln_status lln_kernel_arrays_open_flags(const char *text,
                                        lln_kernel_arrays **arrays)
{
    return open_arrays(text, NULL, true, arrays);
}

/* Index of the array of the item for this head; item->count: none. */
static size_t choose(const named_arrays *item, const lln_head *head)
{
    size_t i = 0;
    for (; i < item->count; i++) {
        const lln_named *named = &item->found[i];
        if ((named->layer < 0 || named->layer == head->layer) &&
            (named->head < 0 || named->head == head->head))
            break;
    }
    return i;
}

/* "gates.npz: key 'gate'" */
static void name_array(const named_arrays *item, size_t index, char *text,
                       size_t size)
{
    lln_container_entry entry = lln_container_entry_at(item->file, index);
    const char *key = entry.key;
    snprintf(text, size, "%s%s%s%s",
             entry.shard ? entry.shard : lln_container_name(item->file),
             *key ? ": key '" : "", key, *key ? "'" : "");
}

/* Finds the indices of the head in an array with the layout of the queries. */
static lln_status find_place(const char *name, const lln_layout *layout,
                             const lln_head *head, lln_place *at)
{
    const size_t of[] = {head->of.batch, head->of.layer, head->of.head};
    const size_t *size = layout->size;
    static const char *const names[] = {"batch entries", "layers", "heads"};
    for (int kind = LLN_AXIS_BATCH; kind <= LLN_AXIS_HEAD; kind++) {
        bool fits = kind == LLN_AXIS_HEAD
                        ? of[kind] % size[kind] == 0
                        : size[kind] == of[kind] || size[kind] == 1;
        if (!fits)
            return lln_fail(LLN_EFORMAT,
                            "%s: %zu %s; the queries have %zu: expected %s",
                            name, size[kind], names[kind], of[kind],
                            kind == LLN_AXIS_HEAD ? "a number that divides it"
                                                  : "1 or the same number");
    }
    at->batch = size[LLN_AXIS_BATCH] > 1 ? head->at.batch : 0;
    at->layer = size[LLN_AXIS_LAYER] > 1 ? head->at.layer : 0;
    at->head = head->at.head / (head->of.head / size[LLN_AXIS_HEAD]);
    return LLN_OK;
}

/* Opens the view of a head in an array whose axes are those of the queries. */
static lln_status open_view(const lln_axes *queries, const char *name,
                            const lln_tensor *tensor, const lln_head *head,
                            lln_view *view)
{
    char one[LLN_LETTERS];
    lln_tensor matrix = *tensor;
    lln_axes axes = {.letters = "nd"};
    lln_layout layout;
    lln_place at = {0};
    if (matrix.axes == 1) {
        matrix.axes = 2;
        matrix.shape[1] = matrix.strides[1] = 1;
    }
    if (matrix.axes > 2) {
        axes.split.heads[LLN_QUERIES] = queries->split.heads[LLN_QUERIES];
        axes.letters =
            lln_letters_of_one(lln_axes_letters(queries, matrix.axes), one);
    }
    LLN_TRY(lln_layout_read(&axes, LLN_QUERIES, name, &matrix, &layout));
    if (matrix.axes > 2)
        LLN_TRY(find_place(name, &layout, head, &at));
    return lln_view_open(name, &matrix, &axes, LLN_QUERIES, at, view);
}

lln_status lln_kernel_arrays_tensor(const lln_kernel_arrays *arrays,
                                    size_t index, const lln_head *head,
                                    char *name, size_t size, lln_tensor *tensor)
{
    const named_arrays *item = &arrays->items[index];
    size_t chosen = choose(item, head);
    if (chosen == item->count)
        return lln_fail(LLN_EFORMAT,
                        "%s: no array '%s' for layer %ld, head %ld",
                        lln_container_name(item->file), item->name, head->layer,
                        head->head);
    name_array(item, item->found[chosen].index, name, size);
    *tensor = item->tensors[chosen];
    return LLN_OK;
}

/* The view of the array `index` for a head; name [size]: of the array, which
 * the view points to. */
static lln_status find_view(const lln_kernel_arrays *arrays, size_t index,
                            const lln_head *head, char *name, size_t size,
                            lln_view *view)
{
    lln_tensor tensor;
    LLN_TRY(lln_kernel_arrays_tensor(arrays, index, head, name, size, &tensor));
    return open_view(&arrays->axes, name, &tensor, head, view);
}

lln_status lln_kernel_arrays_shape(const lln_kernel_arrays *arrays,
                                   size_t index, const lln_head *head,
                                   lln_matrix *values)
{
    char name[NAME];
    lln_view view;
    LLN_TRY(find_view(arrays, index, head, name, sizeof name, &view));
    *values =
        (lln_matrix){LLN_FLOAT64, view.slice.rows, view.slice.columns, NULL};
    return LLN_OK;
}

lln_status lln_kernel_arrays_load(const lln_kernel_arrays *arrays, size_t index,
                                  const lln_head *head,
                                  lln_matrix_output *values)
{
    char name[NAME];
    lln_view view;
    size_t count;
    LLN_TRY(find_view(arrays, index, head, name, sizeof name, &view));
    LLN_TRY(lln_size_multiply(view.slice.rows, view.slice.columns, &count));
    double *numbers = lln_array_alloc_raw(count, sizeof *numbers);
    if (!numbers)
        return LLN_ENOMEM;
    lln_status status = lln_view_copy_any(&view, numbers);
    if (status != LLN_OK) {
        free(numbers);
        return status;
    }
    *values = (lln_matrix_output){LLN_FLOAT64, view.slice.rows,
                                  view.slice.columns, numbers};
    return LLN_OK;
}
