/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "tensor/container_internal.h"
#include "tensor/formats.h"

enum { KEYS_TEXT = 400 }; /* bytes of a list of keys in a message */

static int compare_keys(const void *left, const void *right, void *data)
{
    const lln_array *arrays = data;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return strcmp(arrays[a].key, arrays[b].key);
}

static lln_status sort_keys(lln_container *container)
{
    size_t count = container->count;
    if (count == 0)
        return lln_fail(LLN_EFORMAT, "no arrays");
    container->by_key = lln_array_alloc(count, sizeof *container->by_key);
    if (!container->by_key)
        return LLN_ENOMEM;
    size_t *by_key = container->by_key;
    for (size_t i = 0; i < count; i++)
        by_key[i] = i;
    qsort_r(by_key, count, sizeof *by_key, compare_keys, container->arrays);
    for (size_t i = 1; i < count; i++)
        if (compare_keys(&by_key[i - 1], &by_key[i], container->arrays) == 0) {
            (void)lln_fail(LLN_EFORMAT, "twice in the file");
            return lln_container_fail_key(LLN_EFORMAT,
                                          container->arrays[by_key[i]].key);
        }
    return LLN_OK;
}

static lln_status open_path(const char *path, bool is_shard,
                            lln_container **container);

/* If a shard cannot be opened, its arrays are unreadable; other shards may be
 * complete. */
static lln_status open_shard(const char *index, lln_shard *shard)
{
    const char *slash = strrchr(index, '/');
    int folder = slash ? (int)(slash - index) + 1 : 0;
    char *path;
    if (asprintf(&path, "%.*s%s", folder, index, shard->name) < 0)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_status status = open_path(path, true, &shard->container);
    free(path);
    if (status == LLN_OK || status == LLN_ENOMEM)
        return status;
    shard->failure = strdup(lln_error_message());
    return shard->failure ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}

/* Copies the description of an array from its shard. */
static lln_status describe_in_shard(const lln_shard *shard, lln_array *array)
{
    const char *why = shard->failure;
    const lln_container *file = shard->container;
    char *lacking = NULL;
    if (file && lln_container_find(file, array->key, &array->index) != LLN_OK) {
        if (asprintf(&lacking, "%s: no such array", file->name) < 0)
            return lln_fail(LLN_ENOMEM, "out of memory");
        why = lacking;
    }
    const lln_array *there = why ? NULL : &file->arrays[array->index];
    if (there) {
        why = there->unreadable;
        array->tensor = there->tensor;
        array->inflates = there->inflates;
        free(array->dtype);
        array->dtype = strdup(there->dtype);
    } else {
        array->shard = 0;
    }
    array->unreadable = why ? strdup(why) : NULL;
    free(lacking);
    return array->dtype && (array->unreadable || !why)
               ? LLN_OK
               : lln_fail(LLN_ENOMEM, "out of memory");
}

static lln_status list_arrays(lln_container *container)
{
    LLN_TRY(lln_formats_find(&container->mapping, &container->format));
    LLN_TRY(container->format->list(container));
    for (size_t i = 0; i < container->shard_count; i++)
        LLN_TRY(open_shard(container->path, &container->shards[i]));
    for (size_t i = 0; container->shard_count > 0 && i < container->count; i++)
        LLN_TRY(describe_in_shard(
            &container->shards[container->arrays[i].shard - 1],
            &container->arrays[i]));
    return LLN_OK;
}

/* Takes ownership of the mapping, even on failure. path: NULL if it has
 * none. */
static lln_status open_mapping(const char *name, const char *path,
                               bool is_shard, lln_mapping mapping,
                               lln_container **container)
{
    lln_container *opened = calloc(1, sizeof *opened);
    if (!opened) {
        lln_mapping_close(&mapping);
        return lln_fail(LLN_ENOMEM, "%s: out of memory", name);
    }
    opened->mapping = mapping;
    opened->path = path;
    opened->is_shard = is_shard;
    opened->name = strdup(name);
    lln_status status = opened->name ? list_arrays(opened)
                                     : lln_fail(LLN_ENOMEM, "out of memory");
    if (status == LLN_OK)
        status = sort_keys(opened);
    opened->path = NULL;
    if (status == LLN_OK) {
        *container = opened;
        return LLN_OK;
    }
    lln_container_close(opened);
    return lln_fail_in(status, name);
}

static lln_status open_path(const char *path, bool is_shard,
                            lln_container **container)
{
    lln_mapping mapping;
    bool named = is_shard || strcmp(path, "-") != 0;
    LLN_TRY(lln_mapping_open_claimed(path, lln_formats_claim, &mapping));
    return open_mapping(is_shard ? path : lln_mapping_name(path),
                        mapping.kind == LLN_MAPPING_READ || !named ? NULL
                                                                   : path,
                        is_shard, mapping, container);
}

lln_status lln_container_open(const char *path, lln_container **container)
{
    return open_path(path, false, container);
}

lln_status lln_container_parse(const char *name, const unsigned char *bytes,
                               size_t size, lln_container **container)
{
    lln_mapping borrowed = {
        .kind = LLN_MAPPING_BORROWED, .bytes = bytes, .size = size};
    return open_mapping(name, NULL, false, borrowed, container);
}

void lln_container_close(lln_container *container)
{
    if (!container)
        return;
    for (size_t i = 0; i < container->count; i++) {
        free(container->arrays[i].key);
        free(container->arrays[i].dtype);
        free(container->arrays[i].unreadable);
        if (container->arrays[i].packed)
            container->format->release(&container->arrays[i]);
        free(container->arrays[i].packed);
    }
    for (size_t i = 0; i < container->shard_count; i++) {
        lln_container_close(container->shards[i].container);
        free(container->shards[i].name);
        free(container->shards[i].failure);
    }
    free(container->shards);
    free(container->arrays);
    free(container->by_key);
    lln_mapping_close(&container->mapping);
    free(container->name);
    free(container);
}

const char *lln_container_name(const lln_container *container)
{
    return container->name;
}

static lln_container *shard_of(const lln_container *container,
                               const lln_array *array)
{
    return container->shards[array->shard - 1].container;
}

const char *lln_container_missing(const lln_container *container)
{
    for (size_t i = 0; i < container->shard_count; i++)
        if (container->shards[i].failure)
            return container->shards[i].failure;
    return NULL;
}

size_t lln_container_count(const lln_container *container)
{
    return container->count;
}

lln_container_entry lln_container_entry_at(const lln_container *container,
                                           size_t index)
{
    const lln_array *array = &container->arrays[index];
    lln_container_entry entry = {
        .key = array->key,
        .dtype = array->dtype,
        .type = array->tensor.dtype,
        .unreadable = array->unreadable,
        .shard = array->shard > 0 ? shard_of(container, array)->name : NULL,
        .axes = array->tensor.axes,
    };
    memcpy(entry.shape, array->tensor.shape, sizeof entry.shape);
    return entry;
}

bool lln_container_is_usable(const lln_container *container, size_t index,
                             size_t axes)
{
    const lln_array *array = &container->arrays[index];
    return !array->unreadable && array->tensor.axes >= axes;
}

bool lln_container_only(const lln_container *container, size_t axes,
                        size_t *index)
{
    size_t usable = 0;
    *index = 0;
    for (size_t i = 0; i < container->count; i++)
        if (lln_container_is_usable(container, i, axes)) {
            *index = i;
            usable++;
        }
    return usable == 1 || container->count == 1;
}

static lln_status no_key(const lln_container *container, const char *key)
{
    char keys[KEYS_TEXT] = "", name[LLN_KEY_TEXT];
    size_t i = 0;
    const char *without = container->format->without_key;
    for (; i < container->count && strlen(keys) + LLN_KEY_TEXT < KEYS_TEXT; i++)
        lln_text_append(
            keys, sizeof keys,
            lln_text_printable(name, sizeof name, container->arrays[i].key));
    if (i < container->count)
        lln_text_append(keys, sizeof keys, "...");
    if (without)
        (void)lln_fail(LLN_EFORMAT, "%s", without);
    else
        (void)lln_fail(LLN_EFORMAT, "no such array; the file contains %s",
                       keys);
    return lln_fail_in(lln_container_fail_key(LLN_EFORMAT, key),
                       container->name);
}

lln_status lln_container_find(const lln_container *container, const char *key,
                              size_t *index)
{
    size_t first = 0, end = container->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        size_t at = container->by_key[middle];
        int order = strcmp(container->arrays[at].key, key);
        if (order == 0) {
            *index = at;
            return LLN_OK;
        }
        if (order < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return no_key(container, key);
}

/* Prepares the elements of an array; the message does not name it. */
static lln_status prepare_data(lln_container *container, lln_array *array,
                               bool flags)
{
    bool booleans = array->tensor.dtype == LLN_DTYPE_BOOL;
    if (flags && !booleans && array->dtype && strcmp(array->dtype, "|b1") == 0)
        return lln_fail(LLN_EFORMAT, "the number of booleans does not agree "
                                     "with the shape");
    const char *reason = array->unreadable;
    const char *end = reason && flags ? strstr(reason, "; expected") : NULL;
    if (end && !booleans)
        return lln_fail(LLN_EFORMAT,
                        "%.*s; expected booleans, or floats that are added to "
                        "the logits",
                        (int)(end - reason), reason);
    if (reason && !(flags && booleans))
        return lln_fail(LLN_EFORMAT, "%s", reason);
    const lln_format *format = container->format;
    return format->unpack ? format->unpack(&container->mapping, array) : LLN_OK;
}

static lln_status read_array(lln_container *container, size_t index, bool flags,
                             lln_tensor *tensor)
{
    lln_array *array = &container->arrays[index];
    if (array->shard > 0)
        return read_array(shard_of(container, array), array->index, flags,
                          tensor);
    lln_mapping_use(&container->mapping);
    lln_status status = prepare_data(container, array, flags);
    if (status == LLN_OK) {
        *tensor = array->tensor;
        return LLN_OK;
    }
    if (!container->format->without_key)
        (void)lln_container_fail_key(status, array->key);
    return lln_fail_in(status, container->name);
}

lln_status lln_container_read(lln_container *container, size_t index,
                              lln_tensor *tensor)
{
    return read_array(container, index, false, tensor);
}

lln_status lln_container_read_flags(lln_container *container, size_t index,
                                    lln_tensor *tensor)
{
    return read_array(container, index, true, tensor);
}

void lln_container_rest(lln_container *container)
{
    lln_mapping_rest(&container->mapping);
    for (size_t i = 0; i < container->shard_count; i++)
        if (container->shards[i].container)
            lln_container_rest(container->shards[i].container);
}

bool lln_container_inflates(const lln_container *container, size_t index)
{
    return container->arrays[index].inflates;
}

void lln_container_release(lln_container *container, size_t index)
{
    lln_array *array = &container->arrays[index];
    size_t bytes;
    if (array->unreadable)
        return;
    if (array->shard > 0)
        lln_container_release(shard_of(container, array), array->index);
    else if (array->inflates)
        container->format->release(array);
    else if (array->tensor.data &&
             lln_tensor_bytes(&array->tensor, &bytes) == LLN_OK)
        lln_mapping_drop(&container->mapping, array->tensor.data, bytes);
}
