/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/npz.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tensor/npy.h"
#include "tensor/zip_unpack.h"

enum {
    PEEK = 256, /* bytes inflated first; numpy writes headers of 128 */
    HEADER_MOST =
        1
        << 16, /* largest header of a deflated member, which must be inflated */
    SUFFIX = 4 /* ".npy" */
};

/* The data kept for a member that is an array. */
typedef struct {
    lln_zip_member member;
    size_t header;         /* bytes before the data */
    unsigned char *memory; /* the inflated member, or NULL */
    bool checked;          /* stored member: its checksum matches */
} packed_array;

static bool is_array(const lln_zip_member *member)
{
    return member->name_length >= SUFFIX &&
           memcmp(member->name + member->name_length - SUFFIX, ".npy",
                  SUFFIX) == 0;
}

/* Reads the header of a deflated member and inflates little more than it. */
static lln_status inflate_header(const lln_mapping *file,
                                 const lln_zip_member *member,
                                 lln_npy_header *header)
{
    unsigned char first[PEEK], *longer;
    size_t start = 0, end = 0, size = (size_t)member->size;
    size_t wanted = size < PEEK ? size : PEEK;
    LLN_TRY(lln_zip_inflate(file, member, first, wanted));
    LLN_TRY(lln_npy_header_size(first, size, &start, &end));
    if (end <= wanted)
        return lln_npy_read_header(first, wanted, header);
    if (end > HEADER_MOST)
        return lln_fail(LLN_EFORMAT, "header of %zu bytes; expected at most %d",
                        end, HEADER_MOST);
    longer = malloc(end);
    if (!longer)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_status status = lln_zip_inflate(file, member, longer, end);
    if (status == LLN_OK)
        status = lln_npy_read_header(longer, end, header);
    free(longer);
    return status;
}

static lln_status describe_member(const lln_mapping *file,
                                  lln_zip_member *member,
                                  lln_npy_header *header)
{
    LLN_TRY(lln_zip_locate(file, member));
    if (member->method == LLN_ZIP_STORED)
        return lln_npy_describe(file, member->place, (size_t)member->size,
                                header);
    LLN_TRY(inflate_header(file, member, header));
    lln_npy_check_flags(header, (size_t)member->size - header->size);
    return lln_npy_check_size(header, (size_t)member->size - header->size);
}

/* A damaged member is listed with the reason: the other members may be
 * intact. */
static lln_status add_member(lln_container *container, lln_zip_member *member)
{
    lln_npy_header header = {0};
    lln_status status = describe_member(&container->mapping, member, &header);
    if (status == LLN_ENOMEM)
        return status;
    if (status != LLN_OK) {
        header = (lln_npy_header){0};
        snprintf(header.unreadable, sizeof header.unreadable, "%s",
                 lln_error_message());
    }
    char *key = strndup(member->name, member->name_length - SUFFIX);
    if (!key)
        return lln_fail(LLN_ENOMEM, "out of memory");
    status = lln_container_add(container, key, header.dtype, header.unreadable,
                               &header.tensor);
    free(key);
    if (status != LLN_OK)
        return status;
    packed_array *packed = malloc(sizeof *packed);
    if (!packed)
        return lln_fail(LLN_ENOMEM, "out of memory");
    *packed = (packed_array){.member = *member, .header = header.size};
    lln_array *array = &container->arrays[container->count - 1];
    array->packed = packed;
    array->inflates = member->method == LLN_ZIP_DEFLATED;
    return LLN_OK;
}

static lln_status list_members(lln_container *container,
                               lln_zip_member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_array(&members[i]))
            continue;
        if (memchr(members[i].name, '\0', members[i].name_length))
            return lln_fail(LLN_EFORMAT, "member %zu: a zero byte in its name",
                            i + 1);
        LLN_TRY(add_member(container, &members[i]));
    }
    if (container->count == 0)
        return lln_fail(LLN_EFORMAT,
                        "no .npy files among the %zu members of the zip "
                        "archive (pickles of torch.save are never read; save "
                        "the arrays with numpy.savez or safetensors)",
                        count);
    return LLN_OK;
}

static int by_place(const void *left, const void *right)
{
    const lln_zip_member *a = left, *b = right;
    return (a->header > b->header) - (a->header < b->header);
}

/* LLN_EFORMAT if members overlap, as in zip bombs, which use the same bytes
 * many times. Sorts the members. */
static lln_status check_overlap(lln_zip_member *members, size_t count)
{
    qsort(members, count, sizeof *members, by_place);
    for (size_t i = 1; i < count; i++) {
        const lln_zip_member *before = &members[i - 1];
        if (before->place == 0)
            continue; /* not an array, or damaged */
        size_t end = before->place + (size_t)before->packed;
        if (end > members[i].header)
            return lln_fail(LLN_EFORMAT,
                            "damaged: the members at bytes %zu and %zu overlap",
                            (size_t)before->header, (size_t)members[i].header);
    }
    return LLN_OK;
}

static lln_status list_arrays(lln_container *container)
{
    lln_zip_member *members;
    size_t count;
    LLN_TRY(lln_zip_list(&container->mapping, &members, &count));
    lln_status status = list_members(container, members, count);
    if (status == LLN_OK)
        status = check_overlap(members, count);
    free(members);
    return status;
}

static lln_status inflate_member(const lln_mapping *file, lln_array *array)
{
    packed_array *packed = array->packed;
    size_t size = (size_t)packed->member.size;
    size_t available = lln_memory_available();
    if (size > available)
        return lln_fail(LLN_ENOMEM,
                        "%zu bytes when inflated; %zu bytes of memory are free",
                        size, available);
    unsigned char *memory = lln_array_alloc_raw(size, 1);
    if (!memory)
        return LLN_ENOMEM;
    lln_status status = lln_zip_inflate(file, &packed->member, memory, size);
    if (status != LLN_OK) {
        free(memory);
        return status;
    }
    packed->memory = memory;
    array->tensor.data = memory + packed->header;
    return LLN_OK;
}

static lln_status unpack_array(const lln_mapping *file, lln_array *array)
{
    packed_array *packed = array->packed;
    if (packed->memory || packed->checked)
        return LLN_OK;
    if (packed->member.method == LLN_ZIP_DEFLATED)
        return inflate_member(file, array);
    LLN_TRY(lln_zip_check(file, &packed->member));
    packed->checked = true;
    return LLN_OK;
}

static void release_array(lln_array *array)
{
    packed_array *packed = array->packed;
    if (!packed->memory)
        return;
    free(packed->memory);
    packed->memory = NULL;
    array->tensor.data = NULL;
}

/* Unknown: the central directory is at the end. */
static size_t claim_length(const lln_mapping *file)
{
    (void)file;
    return SIZE_MAX;
}

const lln_format lln_npz_format = {
    .magic = {"PK\3\4", "PK\5\6"},
    .ends = lln_zip_is,
    .claim = claim_length,
    .list = list_arrays,
    .unpack = unpack_array,
    .release = release_array,
};
