/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/elements.h"

#include <string.h>

#include "core/memory.h"
#include "tensor/npy.h"

/* Reads '<i8' and so on. LLN_EFORMAT: not a type of numbers. */
static lln_status find_type(const lln_npy_header *header,
                            lln_elements *elements)
{
    const char *type = header->dtype;
    type += type[0] && strchr("<>=|", type[0]);
    elements->kind = type[0];
    elements->size = lln_dtype_size(header->tensor.dtype);
    if (!header->unreadable[0] || strcmp(type, "f2") == 0 ||
        strcmp(type, "f4") == 0 || strcmp(type, "f8") == 0)
        return LLN_OK;
    if (type[0] == '?' || strcmp(type, "b1") == 0) {
        elements->kind = 'b';
        elements->size = 1;
        return LLN_OK;
    }
    elements->size = type[0] ? (size_t)(type[1] - '0') : 0;
    bool good = (type[0] == 'i' || type[0] == 'u') && type[1] &&
                strchr("1248", type[1]) && type[2] == '\0';
    if (good)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "dtype '%s'; expected integers, booleans or floats",
                    header->dtype);
}

/* Sets the number of elements, and *bytes to their size. */
static lln_status count_elements(lln_elements *elements, size_t *bytes)
{
    const lln_tensor *tensor = &elements->tensor;
    char shape[LLN_TENSOR_SHAPE_TEXT];
    elements->count = 1;
    for (size_t a = 0; a < tensor->axes; a++)
        LLN_TRY(lln_size_multiply(elements->count, tensor->shape[a],
                                  &elements->count));
    if (elements->count > 0)
        return lln_size_multiply(elements->count, elements->size, bytes);
    return lln_fail(LLN_EFORMAT, "shape %s: no elements",
                    lln_tensor_shape_text(tensor, shape, sizeof shape));
}

/* Describes the array by the header; *data: bytes of data, *start: before
 * them. */
static lln_status read_header(const unsigned char *bytes, size_t size,
                              lln_elements *elements, size_t *start,
                              size_t *data)
{
    lln_npy_header header;
    LLN_TRY(lln_npy_read_header(bytes, size, &header));
    LLN_TRY(find_type(&header, elements));
    elements->tensor = header.tensor;
    *start = header.size;
    return count_elements(elements, data);
}

lln_status lln_elements_of_npy(const unsigned char *bytes, size_t size,
                               lln_elements *elements)
{
    size_t start, data;
    LLN_TRY(read_header(bytes, size, elements, &start, &data));
    if (data != size - start)
        return lln_fail(LLN_EFORMAT, "%zu bytes of data, expected %zu",
                        size - start, data);
    elements->tensor.data = bytes + start;
    return LLN_OK;
}

size_t lln_elements_claim_npy(const unsigned char *bytes, size_t size)
{
    lln_elements elements;
    size_t start, end = 0, data;
    if (lln_npy_header_size(bytes, SIZE_MAX, &start, &end) != LLN_OK ||
        end > size)
        return end;
    if (read_header(bytes, size, &elements, &start, &data) != LLN_OK ||
        data > SIZE_MAX - start)
        return 0;
    return start + data;
}

/* An integer in the byte order of the machine or in the other one. */
static double get_integer(const lln_elements *elements,
                          const unsigned char *from)
{
    bool big =
        (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) != elements->tensor.swapped;
    size_t size = elements->size;
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | from[big ? i : size - 1 - i];
    uint64_t sign = elements->kind == 'i' ? UINT64_C(1) << (8 * size - 1) : 0;
    return bits & sign ? -(double)(~(bits - 1) & (2 * sign - 1)) : (double)bits;
}

/* The position in the data of element i in C order. */
static size_t find_place(const lln_tensor *tensor, size_t i)
{
    size_t at = 0;
    for (size_t a = tensor->axes; a-- > 0; i /= tensor->shape[a])
        at += i % tensor->shape[a] * tensor->strides[a];
    return at;
}

double lln_elements_get(const lln_elements *elements, size_t i)
{
    const lln_tensor *tensor = &elements->tensor;
    size_t at = find_place(tensor, i);
    if (elements->kind == 'b')
        return tensor->data[at] != 0;
    return elements->kind == 'f'
               ? lln_tensor_get(tensor, at)
               : get_integer(elements, tensor->data + at * elements->size);
}

const char *lln_elements_place(const lln_elements *elements, size_t i,
                               char *text, size_t size)
{
    const lln_tensor *tensor = &elements->tensor;
    lln_tensor place = {.axes = tensor->axes};
    for (size_t a = tensor->axes; a-- > 0; i /= tensor->shape[a])
        place.shape[a] = i % tensor->shape[a];
    return lln_tensor_shape_text(&place, text, size);
}
