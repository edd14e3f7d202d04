/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/arrays.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum {
    FILES = 3,                /* queries, keys, values */
    KEPT_BYTES = 64 << 20,    /* largest mapped array that is kept */
    PARALLEL_BYTES = 1 << 18, /* of arrays for which a thread is started */
    KEY_TEXT = 120            /* bytes of a key in a message */
};

typedef struct {
    char *path;
    lln_container *container;
} open_file;

typedef struct {
    lln_container *file;
    size_t index;
    char *name;
    bool read;    /* tensor is valid */
    size_t users; /* number of holds */
    lln_tensor tensor;
} array;

struct lln_arrays {
    pthread_mutex_t lock; /* protects read, users and tensor */
    open_file files[FILES];
    size_t file_count;
    array *array;
    size_t count;
};

lln_arrays *lln_arrays_alloc(void)
{
    lln_arrays *arrays = calloc(1, sizeof *arrays);
    if (arrays)
        pthread_mutex_init(&arrays->lock, NULL);
    return arrays;
}

void lln_arrays_free(lln_arrays *arrays)
{
    if (!arrays)
        return;
    for (size_t i = 0; i < arrays->count; i++)
        free(arrays->array[i].name);
    for (size_t i = 0; i < arrays->file_count; i++) {
        lln_container_close(arrays->files[i].container);
        free(arrays->files[i].path);
    }
    pthread_mutex_destroy(&arrays->lock);
    free(arrays->array);
    free(arrays);
}

lln_status lln_arrays_file(lln_arrays *arrays, const char *path,
                           lln_container **file)
{
    for (size_t i = 0; i < arrays->file_count; i++)
        if (strcmp(arrays->files[i].path, path) == 0) {
            *file = arrays->files[i].container;
            return LLN_OK;
        }
    if (arrays->file_count == FILES)
        return lln_fail(LLN_EINVAL, "%s: more than %d files", path, FILES);
    open_file *opened = &arrays->files[arrays->file_count];
    LLN_TRY(lln_container_open(path, &opened->container));
    arrays->file_count++;
    *file = opened->container;
    opened->path = strdup(path);
    return opened->path ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}

/* The file that contains an array: possibly a shard of the named file. */
static const char *file_of(const array *a)
{
    const char *shard = lln_container_entry_at(a->file, a->index).shard;
    return shard ? shard : lln_container_name(a->file);
}

static lln_status name_array(array *a)
{
    const char *file = file_of(a);
    const char *key = lln_container_entry_at(a->file, a->index).key;
    char text[KEY_TEXT];
    int length = key[0] ? asprintf(&a->name, "%s: key '%s'", file,
                                   lln_text_printable(text, sizeof text, key))
                        : asprintf(&a->name, "%s", file);
    if (length >= 0)
        return LLN_OK;
    a->name = NULL;
    return lln_fail(LLN_ENOMEM, "out of memory");
}

lln_status lln_arrays_add(lln_arrays *arrays, lln_container *file, size_t index,
                          size_t *number)
{
    for (*number = 0; *number < arrays->count; ++*number)
        if (arrays->array[*number].file == file &&
            arrays->array[*number].index == index)
            return LLN_OK;
    array *grown = lln_array_grow(arrays->array, arrays->count, sizeof *grown);
    if (!grown)
        return LLN_ENOMEM;
    arrays->array = grown;
    arrays->array[arrays->count] = (array){.file = file, .index = index};
    return name_array(&arrays->array[arrays->count++]);
}

const char *lln_arrays_name(const lln_arrays *arrays, size_t number)
{
    return arrays->array[number].name;
}

const char *lln_arrays_key(const lln_arrays *arrays, size_t number)
{
    const array *a = &arrays->array[number];
    return lln_container_entry_at(a->file, a->index).key;
}

const char *lln_arrays_name_after(const lln_arrays *arrays, size_t number,
                                  size_t named)
{
    const array *a = &arrays->array[number];
    const char *file = file_of(a);
    bool short_name = strcmp(file, file_of(&arrays->array[named])) == 0 &&
                      strlen(a->name) > strlen(file);
    return short_name ? a->name + strlen(file) + strlen(": ") : a->name;
}

lln_tensor lln_arrays_shape(const lln_arrays *arrays, size_t number)
{
    const array *a = &arrays->array[number];
    lln_container_entry entry = lln_container_entry_at(a->file, a->index);
    lln_tensor tensor = {.dtype = entry.type, .axes = entry.axes};
    memcpy(tensor.shape, entry.shape, sizeof tensor.shape);
    lln_tensor_set_strides(&tensor, false);
    return tensor;
}

static void release_array(array *a)
{
    lln_container_release(a->file, a->index);
    a->read = false;
}

static bool contains(const size_t *numbers, size_t count, size_t number)
{
    for (size_t i = 0; i < count; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

/* Releases the arrays that nobody holds, other than kept [count]. */
static void release_idle(lln_arrays *arrays, const size_t *kept, size_t count)
{
    for (size_t i = 0; i < arrays->count; i++)
        if (arrays->array[i].read && arrays->array[i].users == 0 &&
            !contains(kept, count, i))
            release_array(&arrays->array[i]);
}

/* Whether an array is released as soon as nobody holds it. Mapping a large
 * array again for each head costs little, but a tenth of the time of short
 * heads that are side by side and so use all of its pages. */
static bool passes_by(const array *a)
{
    size_t bytes;
    return !lln_container_inflates(a->file, a->index) &&
           lln_tensor_bytes(&a->tensor, &bytes) == LLN_OK && bytes > KEPT_BYTES;
}

lln_status lln_arrays_hold(lln_arrays *arrays, size_t number,
                           lln_tensor *tensor)
{
    array *a = &arrays->array[number];
    lln_status status = LLN_OK;
    pthread_mutex_lock(&arrays->lock);
    if (!a->read) {
        release_idle(arrays, NULL, 0);
        status = lln_container_read(a->file, a->index, &a->tensor);
        a->read = status == LLN_OK;
    }
    if (status == LLN_OK) {
        a->users++;
        *tensor = a->tensor;
    }
    pthread_mutex_unlock(&arrays->lock);
    return status;
}

void lln_arrays_drop(lln_arrays *arrays, size_t number)
{
    array *a = &arrays->array[number];
    pthread_mutex_lock(&arrays->lock);
    a->users--;
    if (a->users == 0 && passes_by(a))
        release_array(a);
    pthread_mutex_unlock(&arrays->lock);
}

/* Sets missing [count] to those of the arrays that are not in memory, each
 * once; returns their number. */
static size_t list_missing(const lln_arrays *arrays, const size_t *numbers,
                           size_t count, size_t *missing)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (!arrays->array[numbers[i]].read &&
            !contains(missing, found, numbers[i]))
            missing[found++] = numbers[i];
    return found;
}

/* Whether the arrays are large enough for threads, and can be in memory
 * together when inflated. */
static bool worth_threads(const lln_arrays *arrays, const size_t *numbers,
                          size_t count)
{
    size_t bytes, total = 0, available = lln_memory_available();
    for (size_t i = 0; i < count; i++) {
        const array *a = &arrays->array[numbers[i]];
        lln_tensor shape = lln_arrays_shape(arrays, numbers[i]);
        if (lln_tensor_bytes(&shape, &bytes) != LLN_OK || bytes > available)
            return false;
        total += bytes;
        if (lln_container_inflates(a->file, a->index))
            available -= bytes;
    }
    return total >= PARALLEL_BYTES;
}

void lln_arrays_prepare(lln_arrays *arrays, const size_t *numbers, size_t count)
{
    size_t missing[FILES];
    if (count > FILES)
        return;
    pthread_mutex_lock(&arrays->lock);
    size_t found = list_missing(arrays, numbers, count, missing);
    if (found > 1)
        release_idle(arrays, numbers, count);
    if (found > 1 && worth_threads(arrays, missing, found)) {
#pragma omp parallel for schedule(dynamic, 1)
        for (size_t i = 0; i < found; i++) {
            array *a = &arrays->array[missing[i]];
            a->read =
                lln_container_read(a->file, a->index, &a->tensor) == LLN_OK;
        }
    }
    pthread_mutex_unlock(&arrays->lock);
}

void lln_arrays_rest(lln_arrays *arrays)
{
    bool held = false;
    pthread_mutex_lock(&arrays->lock);
    release_idle(arrays, NULL, 0);
    for (size_t i = 0; i < arrays->count; i++)
        held = held || arrays->array[i].users > 0;
    for (size_t i = 0; i < arrays->file_count && !held; i++)
        lln_container_rest(arrays->files[i].container);
    pthread_mutex_unlock(&arrays->lock);
}
