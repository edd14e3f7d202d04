/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/idx.h"

#include "core/memory.h"

enum { PREFIX = 4, AXIS = 4 }; /* bytes */

static const struct {
    unsigned char number;
    char kind;
    size_t size;
    lln_dtype dtype; /* of kind f */
} types[] = {
    {0x08, 'u', 1, 0},
    {0x09, 'i', 1, 0},
    {0x0b, 'i', 2, 0},
    {0x0c, 'i', 4, 0},
    {0x0d, 'f', 4, LLN_DTYPE_F32},
    {0x0e, 'f', 8, LLN_DTYPE_F64},
};

enum { TYPES = sizeof types / sizeof *types };

/* Index in types, or TYPES. */
static size_t find_type(unsigned char number)
{
    size_t i = 0;
    while (i < TYPES && types[i].number != number)
        i++;
    return i;
}

bool lln_idx_begins(const unsigned char *bytes, size_t size)
{
    return size >= PREFIX && bytes[0] == 0 && bytes[1] == 0 &&
           find_type(bytes[2]) < TYPES;
}

static size_t get_axis(const unsigned char *at)
{
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 |
           at[3];
}

/* Sets all but the address of the data; *data: their size in bytes. */
static lln_status read_header(const unsigned char *bytes, size_t size,
                              lln_elements *elements, size_t *data)
{
    if (!lln_idx_begins(bytes, size))
        return lln_fail(LLN_EFORMAT, "not an IDX file");
    size_t type = find_type(bytes[2]), axes = bytes[3], count = 1;
    char shape[LLN_TENSOR_SHAPE_TEXT];
    if (axes == 0 || axes > LLN_TENSOR_AXES)
        return lln_fail(LLN_EFORMAT, "IDX file with %zu axes, expected 1 to %d",
                        axes, LLN_TENSOR_AXES);
    if (size < PREFIX + axes * AXIS)
        return lln_fail(LLN_EFORMAT,
                        "truncated: %zu bytes of header, expected %zu", size,
                        PREFIX + axes * AXIS);
    *elements =
        (lln_elements){.kind = types[type].kind,
                       .size = types[type].size,
                       .tensor = {.dtype = types[type].dtype, .axes = axes}};
    elements->tensor.swapped = __BYTE_ORDER__ != __ORDER_BIG_ENDIAN__;
    for (size_t a = 0; a < axes; a++) {
        elements->tensor.shape[a] = get_axis(bytes + PREFIX + a * AXIS);
        count = elements->tensor.shape[a] == 0 ? 0 : count;
    }
    lln_tensor_shape_text(&elements->tensor, shape, sizeof shape);
    if (count == 0)
        return lln_fail(LLN_EFORMAT, "shape %s: no elements", shape);
    for (size_t a = 0; a < axes; a++)
        if (lln_size_multiply(count, elements->tensor.shape[a], &count) !=
            LLN_OK)
            return lln_fail(LLN_EFORMAT, "shape %s: too large", shape);
    if (lln_size_multiply(count, elements->size, data) != LLN_OK)
        return lln_fail(LLN_EFORMAT, "shape %s: too large", shape);
    elements->count = count;
    lln_tensor_set_strides(&elements->tensor, false);
    return LLN_OK;
}

size_t lln_idx_claim(const unsigned char *bytes, size_t size)
{
    lln_elements elements;
    size_t data, header = PREFIX + AXIS * (size_t)bytes[3];
    if (size < header && bytes[3] <= LLN_TENSOR_AXES)
        return header;
    if (read_header(bytes, size, &elements, &data) != LLN_OK ||
        data > SIZE_MAX - header)
        return 0;
    return header + data;
}

lln_status lln_idx_read(const unsigned char *bytes, size_t size,
                        lln_elements *elements)
{
    size_t data;
    LLN_TRY(read_header(bytes, size, elements, &data));
    size_t header = PREFIX + AXIS * elements->tensor.axes;
    if (size - header < data)
        return lln_fail(LLN_EFORMAT,
                        "truncated: %zu bytes of data, expected %zu",
                        size - header, data);
    if (size - header > data)
        return lln_fail(LLN_EFORMAT, "trailing bytes after %zu bytes of data",
                        data);
    elements->tensor.data = bytes + header;
    return LLN_OK;
}
