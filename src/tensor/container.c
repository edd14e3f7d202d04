/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "tensor/container_internal.h"
#include "tensor/npy.h"

enum {
    KEY_TEXT = 120, /* bytes of a message that name a key */
    KEYS_TEXT = 400 /* and that list keys */
};

lln_status lln_container_fail_key(lln_status status, const char *key)
{
    char name[KEY_TEXT], place[KEY_TEXT + 8];
    snprintf(place, sizeof place, "key '%s'",
             lln_text_printable(name, sizeof name, key));
    return lln_fail_in(status, place);
}

/* copy becomes a copy of text, NULL of NULL. */
static lln_status copy_text(const char *text, char **copy)
{
    *copy = text ? strdup(text) : NULL;
    return *copy || !text ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}

lln_status lln_container_add(lln_container *container, const char *key,
                             const char *dtype, const char *unreadable,
                             const lln_tensor *tensor)
{
    lln_array *grown =
        lln_array_grow(container->arrays, container->count, sizeof *grown);
    if (!grown)
        return LLN_ENOMEM;
    container->arrays = grown;
    lln_array *array = &container->arrays[container->count++];
    *array = (lln_array){.tensor = *tensor};
    LLN_TRY(copy_text(key, &array->key));
    LLN_TRY(copy_text(dtype, &array->dtype));
    return copy_text(unreadable && unreadable[0] ? unreadable : NULL,
                     &array->unreadable);
}

static lln_status list_npy(lln_container *container)
{
    const lln_mapping *file = &container->mapping;
    lln_npy_header header;
    LLN_TRY(lln_npy_read_header(file->bytes, file->size, &header));
    LLN_TRY(lln_npy_check_size(&header, file->size - header.size));
    header.tensor.data = file->bytes + header.size;
    return lln_container_add(container, "", header.dtype, header.unreadable,
                             &header.tensor);
}

static size_t claim_npy(const lln_mapping *file)
{
    lln_npy_header header;
    size_t start, end = 0;
    lln_status status =
        lln_npy_header_size(file->bytes, SIZE_MAX, &start, &end);
    if (status != LLN_OK || end > file->size)
        return end;
    status = lln_npy_read_header(file->bytes, file->size, &header);
    if (status != LLN_OK)
        return 0;
    return header.size + header.bytes;
}

/* The central directory stands at the end. */
static size_t claim_zip(const lln_mapping *file)
{
    (void)file;
    return SIZE_MAX;
}

typedef struct {
    size_t place;
    const char *magic;
    lln_status (*list)(lln_container *);
    lln_mapping_claim *claim;
} format;

static const format formats[] = {
    {0, LLN_NPY_MAGIC, list_npy, claim_npy},
    {0, "PK\3\4", lln_npz_list, claim_zip},
    {0, "PK\5\6", lln_npz_list, claim_zip},
    {LLN_SAFETENSORS_PREFIX, "{", lln_safetensors_list, lln_safetensors_claim},
};

/* NULL if the first bytes are those of no format. */
static const format *find_format(const lln_mapping *file)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t length = strlen(formats[i].magic);
        if (file->size >= formats[i].place + length &&
            memcmp(file->bytes + formats[i].place, formats[i].magic, length) ==
                0)
            return &formats[i];
    }
    return NULL;
}

static size_t claim(const lln_mapping *file)
{
    const format *found = find_format(file);
    return found ? found->claim(file) : 0;
}

static lln_status list(lln_container *container)
{
    const format *found = find_format(&container->mapping);
    if (found)
        return found->list(container);
    if (lln_zip_is(&container->mapping)) /* with something before it */
        return lln_npz_list(container);
    return lln_fail(LLN_EFORMAT, "not a .npy, .npz or .safetensors file");
}

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

/* Takes the mapping, also if it fails. */
static lln_status open_mapping(const char *name, lln_mapping mapping,
                               lln_container **container)
{
    lln_container *opened = calloc(1, sizeof *opened);
    if (!opened) {
        lln_mapping_close(&mapping);
        return lln_fail(LLN_ENOMEM, "%s: out of memory", name);
    }
    opened->mapping = mapping;
    lln_status status = copy_text(name, &opened->name);
    if (status == LLN_OK)
        status = list(opened);
    if (status == LLN_OK)
        status = sort_keys(opened);
    if (status == LLN_OK) {
        *container = opened;
        return LLN_OK;
    }
    lln_container_close(opened);
    return lln_fail_in(status, name);
}

lln_status lln_container_open(const char *path, lln_container **container)
{
    lln_mapping mapping;
    LLN_TRY(lln_mapping_open_claimed(path, claim, &mapping));
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    return open_mapping(name, mapping, container);
}

lln_status lln_container_parse(const char *name, const unsigned char *bytes,
                               size_t size, lln_container **container)
{
    lln_mapping borrowed = {
        .kind = LLN_MAPPING_BORROWED, .bytes = bytes, .size = size};
    return open_mapping(name, borrowed, container);
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
            lln_npz_release(&container->arrays[i]);
        free(container->arrays[i].packed);
    }
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
        .unreadable = array->unreadable,
        .axes = array->tensor.axes,
    };
    memcpy(entry.shape, array->tensor.shape, sizeof entry.shape);
    return entry;
}

static lln_status no_key(const lln_container *container, const char *key)
{
    char keys[KEYS_TEXT] = "", name[KEY_TEXT];
    size_t i = 0;
    if (!container->keyed)
        (void)lln_fail(LLN_EFORMAT, "a .npy file is one array without keys");
    for (; i < container->count && strlen(keys) + KEY_TEXT < KEYS_TEXT; i++)
        lln_text_append(
            keys, sizeof keys,
            lln_text_printable(name, sizeof name, container->arrays[i].key));
    if (i < container->count)
        lln_text_append(keys, sizeof keys, "...");
    if (container->keyed)
        (void)lln_fail(LLN_EFORMAT, "no such array; expected %s", keys);
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

/* Makes the numbers of an array ready; the message does not name it. */
static lln_status prepare(lln_container *container, lln_array *array)
{
    if (array->unreadable)
        return lln_fail(LLN_EFORMAT, "%s", array->unreadable);
    if (!array->packed)
        return LLN_OK;
    LLN_TRY(lln_npz_unpack(array));
    if (array->packed->memory)
        lln_mapping_drop(&container->mapping, array->packed->member.data,
                         (size_t)array->packed->member.packed);
    return LLN_OK;
}

lln_status lln_container_read(lln_container *container, size_t index,
                              lln_tensor *tensor)
{
    lln_array *array = &container->arrays[index];
    lln_status status = prepare(container, array);
    if (status == LLN_OK) {
        *tensor = array->tensor;
        return LLN_OK;
    }
    if (container->keyed)
        (void)lln_container_fail_key(status, array->key);
    return lln_fail_in(status, container->name);
}

bool lln_container_inflates(const lln_container *container, size_t index)
{
    const lln_packed *packed = container->arrays[index].packed;
    return packed && packed->member.method == LLN_ZIP_DEFLATED;
}

void lln_container_release(lln_container *container, size_t index)
{
    lln_array *array = &container->arrays[index];
    size_t bytes;
    if (array->unreadable)
        return;
    if (array->packed && array->packed->memory)
        lln_npz_release(array);
    else if (lln_tensor_bytes(&array->tensor, &bytes) == LLN_OK)
        lln_mapping_drop(&container->mapping, array->tensor.data, bytes);
}
