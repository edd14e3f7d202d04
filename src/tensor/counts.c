/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/counts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tensor/npy.h"

#define MOST 9007199254740992.0 /* 2^53 */

/* How the elements of an array are stored. */
typedef struct {
    char kind;   /* i, u, b, or f (read by lln_tensor_get) */
    size_t size; /* bytes of an element */
    bool swapped;
} storage;

bool lln_counts_is_npy(const unsigned char *bytes, size_t size)
{
    return size >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0;
}

/* Reads '<i8' and so on. LLN_EFORMAT: not a type of whole numbers. */
static lln_status find_storage(const lln_npy_header *header, storage *as)
{
    const char *type = header->dtype;
    type += type[0] && strchr("<>=|", type[0]);
    *as = (storage){type[0], lln_dtype_size(header->tensor.dtype),
                    header->tensor.swapped};
    if (!header->unreadable[0] || strcmp(type, "f2") == 0 ||
        strcmp(type, "f4") == 0 || strcmp(type, "f8") == 0)
        return LLN_OK;
    if (type[0] == '?' || strcmp(type, "b1") == 0) {
        *as = (storage){'b', 1, false};
        return LLN_OK;
    }
    as->size = type[0] ? (size_t)(type[1] - '0') : 0;
    bool good = (type[0] == 'i' || type[0] == 'u') && type[1] &&
                strchr("1248", type[1]) && type[2] == '\0';
    if (good)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "dtype '%s'; expected integers, booleans or floats",
                    header->dtype);
}

/* An integer in the byte order of the machine or in the other one. */
static double get_integer(const unsigned char *from, const storage *as)
{
    bool big = (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) != as->swapped;
    uint64_t bits = 0;
    for (size_t i = 0; i < as->size; i++)
        bits = bits << 8 | from[big ? i : as->size - 1 - i];
    uint64_t sign = as->kind == 'i' ? UINT64_C(1) << (8 * as->size - 1) : 0;
    return bits & sign ? -(double)(~(bits - 1) & (2 * sign - 1)) : (double)bits;
}

static double get_number(const lln_tensor *tensor, const storage *as, size_t at)
{
    if (as->kind == 'b')
        return tensor->data[at] != 0;
    return as->kind == 'f' ? lln_tensor_get(tensor, at)
                           : get_integer(tensor->data + at * as->size, as);
}

/* "entry (3, 17): -1; expected ..." for element i in C order. */
static lln_status bad_number(const lln_tensor *tensor, size_t i, double value)
{
    lln_tensor place = {.axes = tensor->axes};
    char text[LLN_TENSOR_SHAPE_TEXT];
    for (size_t a = tensor->axes; a-- > 0; i /= tensor->shape[a])
        place.shape[a] = i % tensor->shape[a];
    return lln_fail(LLN_EFORMAT,
                    "entry %s: %g; expected a whole number of at least 0",
                    lln_tensor_shape_text(&place, text, sizeof text), value);
}

/* The position in the data of element i in C order. */
static size_t find_place(const lln_tensor *tensor, size_t i)
{
    size_t at = 0;
    for (size_t a = tensor->axes; a-- > 0; i /= tensor->shape[a])
        at += i % tensor->shape[a] * tensor->strides[a];
    return at;
}

static lln_status read_numbers(const lln_tensor *tensor, const storage *as,
                               lln_counts *counts)
{
    counts->number = lln_array_alloc_raw(counts->count, sizeof(size_t));
    if (!counts->number)
        return LLN_ENOMEM;
    for (size_t i = 0; i < counts->count; i++) {
        double value = get_number(tensor, as, find_place(tensor, i));
        if (!(value >= 0) || value > MOST || value != floor(value))
            return bad_number(tensor, i, value);
        counts->number[i] = (size_t)value;
    }
    return LLN_OK;
}

/* The number of elements. LLN_EFORMAT: the file has more or fewer. */
static lln_status count_numbers(const lln_npy_header *header, size_t size,
                                const storage *as, size_t *count)
{
    const lln_tensor *tensor = &header->tensor;
    size_t bytes;
    char shape[LLN_TENSOR_SHAPE_TEXT];
    *count = 1;
    for (size_t a = 0; a < tensor->axes; a++)
        LLN_TRY(lln_size_multiply(*count, tensor->shape[a], count));
    LLN_TRY(lln_size_multiply(*count, as->size, &bytes));
    lln_tensor_shape_text(tensor, shape, sizeof shape);
    if (*count == 0)
        return lln_fail(LLN_EFORMAT, "shape %s: no elements", shape);
    if (bytes != size - header->size)
        return lln_fail(LLN_EFORMAT, "%zu bytes of data, expected %zu",
                        size - header->size, bytes);
    return LLN_OK;
}

lln_status lln_counts_read(const unsigned char *bytes, size_t size,
                           lln_counts *counts)
{
    lln_npy_header header;
    storage as;
    *counts = (lln_counts){.axes = 0};
    LLN_TRY(lln_npy_read_header(bytes, size, &header));
    LLN_TRY(find_storage(&header, &as));
    LLN_TRY(count_numbers(&header, size, &as, &counts->count));
    header.tensor.data = bytes + header.size;
    counts->axes = header.tensor.axes;
    counts->truth = as.kind == 'b';
    memcpy(counts->shape, header.tensor.shape, sizeof counts->shape);
    lln_status status = read_numbers(&header.tensor, &as, counts);
    if (status != LLN_OK)
        lln_counts_free(counts);
    return status;
}

void lln_counts_free(lln_counts *counts)
{
    free(counts->number);
    *counts = (lln_counts){.axes = 0};
}
