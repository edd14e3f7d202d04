/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/flags.h"

#include <string.h>

#include "tensor/npy.h"

static bool is_boolean(const char *dtype)
{
    const char *type = dtype + (*dtype != '\0' && strchr("<>=|", *dtype));
    return strcmp(type, "b1") == 0 || strcmp(type, "?") == 0;
}

/* LLN_EFORMAT unless the file is as long as the shape says. */
static lln_status check_size(const lln_npy_header *header, size_t size)
{
    size_t count = 1;
    for (size_t a = 0; a < header->tensor.axes; a++)
        if (__builtin_mul_overflow(count, header->tensor.shape[a], &count))
            return lln_fail(LLN_EFORMAT, "shape: a number too large");
    if (count == 0)
        return lln_fail(LLN_EFORMAT, "no elements");
    if (size - header->size == count)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT, "%zu bytes of data, expected %zu",
                    size - header->size, count);
}

static lln_status read_header(lln_flags *flags, bool *found)
{
    lln_npy_header header;
    const lln_mapping *file = &flags->file;
    LLN_TRY(lln_npy_read_header(file->bytes, file->size, &header));
    *found = is_boolean(header.dtype);
    if (!*found)
        return LLN_OK;
    LLN_TRY(check_size(&header, file->size));
    flags->axes = header.tensor.axes;
    memcpy(flags->shape, header.tensor.shape, sizeof flags->shape);
    memcpy(flags->strides, header.tensor.strides, sizeof flags->strides);
    flags->bytes = file->bytes + header.size;
    return LLN_OK;
}

lln_status lln_flags_open(const char *path, lln_flags *flags, bool *found)
{
    static const char magic[] = "\x93NUMPY";
    *flags = (lln_flags){.axes = 0};
    *found = false;
    LLN_TRY(lln_mapping_open(path, &flags->file));
    const lln_mapping *file = &flags->file;
    if (file->size < sizeof magic - 1 ||
        memcmp(file->bytes, magic, sizeof magic - 1) != 0)
        return LLN_OK;
    lln_status status = read_header(flags, found);
    return status == LLN_OK ? LLN_OK
                            : lln_fail_in(status, lln_mapping_name(path));
}

void lln_flags_close(lln_flags *flags)
{
    lln_mapping_close(&flags->file);
    *flags = (lln_flags){.axes = 0};
}
