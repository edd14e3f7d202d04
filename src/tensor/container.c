/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"
#include "tensor/container_parts.h"
#include "tensor/npy.h"

enum {
    FIRST_ROOM = 16,
    KEYS_TEXT = 300, /* bytes of a message that list keys */
    PLACE_TEXT = 300 /* and that name a file and a key */
};

/* copy becomes a copy of text, NULL of NULL. */
static lln_status copy_text(const char *text, char **copy)
{
    *copy = text ? strdup(text) : NULL;
    return *copy || !text ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}

static lln_status make_room(lln_container *container)
{
    size_t room = container->room ? 2 * container->room : FIRST_ROOM;
    lln_array *arrays = realloc(container->arrays, room * sizeof *arrays);
    if (!arrays)
        return lln_fail(LLN_ENOMEM, "out of memory");
    container->arrays = arrays;
    container->room = room;
    return LLN_OK;
}

lln_status lln_container_add(lln_container *container, const char *key,
                             const char *dtype, const char *unreadable,
                             const lln_tensor *tensor)
{
    if (container->count == container->room)
        LLN_TRY(make_room(container));
    lln_array *array = &container->arrays[container->count++];
    *array = (lln_array){.tensor = *tensor};
    LLN_TRY(copy_text(key, &array->key));
    LLN_TRY(copy_text(dtype, &array->dtype));
    return copy_text(unreadable && unreadable[0] ? unreadable : NULL,
                     &array->unreadable);
}

static lln_status list_npy(lln_container *container)
{
    lln_npy_header header;
    LLN_TRY(lln_npy_read_header(container->mapping.bytes,
                                container->mapping.size, &header));
    LLN_TRY(lln_npy_check_size(&header, container->mapping.size - header.size));
    header.tensor.data = container->mapping.bytes + header.size;
    return lln_container_add(container, "", header.dtype, header.unreadable,
                             &header.tensor);
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
        status = list_npy(opened);
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
    LLN_TRY(lln_mapping_open(path, &mapping));
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
    }
    free(container->arrays);
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
    char keys[KEYS_TEXT] = "";
    if (!container->keyed)
        return lln_fail(LLN_EFORMAT,
                        "%s: key '%s': a .npy file is one array without keys",
                        container->name, key);
    for (size_t i = 0; i < container->count; i++)
        lln_text_append(keys, sizeof keys, container->arrays[i].key);
    return lln_fail(LLN_EFORMAT, "%s: key '%s': no such array; expected %s",
                    container->name, key, keys);
}

lln_status lln_container_find(const lln_container *container, const char *key,
                              size_t *index)
{
    for (size_t i = 0; i < container->count; i++)
        if (strcmp(container->arrays[i].key, key) == 0) {
            *index = i;
            return LLN_OK;
        }
    return no_key(container, key);
}

/* "qk.npz: key 'k'" */
static const char *place_text(const lln_container *container, size_t index,
                              char text[PLACE_TEXT])
{
    if (!container->keyed)
        return container->name;
    snprintf(text, PLACE_TEXT, "%s: key '%s'", container->name,
             container->arrays[index].key);
    return text;
}

lln_status lln_container_read(lln_container *container, size_t index,
                              lln_tensor *tensor)
{
    const lln_array *array = &container->arrays[index];
    char place[PLACE_TEXT];
    if (!array->unreadable) {
        *tensor = array->tensor;
        return LLN_OK;
    }
    (void)lln_fail(LLN_EFORMAT, "%s", array->unreadable);
    return lln_fail_in(LLN_EFORMAT, place_text(container, index, place));
}

/* Pages that hold nothing else go back to the file. */
static void drop_pages(const lln_tensor *tensor)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes;
    if (lln_tensor_bytes(tensor, &bytes) != LLN_OK)
        return;
    uintptr_t first = (uintptr_t)tensor->data, end = first + bytes;
    first = (first + page - 1) / page * page;
    end = end / page * page;
    if (first < end)
        madvise((void *)first, end - first, MADV_DONTNEED);
}

void lln_container_release(lln_container *container, size_t index)
{
    const lln_array *array = &container->arrays[index];
    if (container->mapping.kind == LLN_MAPPING_FILE && !array->unreadable)
        drop_pages(&array->tensor);
}
