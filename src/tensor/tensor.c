/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/tensor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "tensor/half.h"
#include "tensor/mapping.h"

enum {
    PIECE = 512,            /* elements checked at a time, on the stack */
    PARALLEL_BLOCK = 65536, /* elements for which a thread is worth starting */
    /* For files that are read in parts, in bytes: */
    READ_AT_ONCE = 4 << 20,
    GAP = 32 << 10 /* rows further apart than this are read one by one */
};

size_t lln_dtype_size(lln_dtype dtype)
{
    static const size_t sizes[] = {
        [LLN_DTYPE_F16] = 2, [LLN_DTYPE_BF16] = 2, [LLN_DTYPE_F32] = 4,
        [LLN_DTYPE_F64] = 8, [LLN_DTYPE_BOOL] = 1,
    };
    return sizes[dtype];
}

size_t lln_tensor_count(const lln_tensor *tensor)
{
    size_t count = 1;
    for (size_t a = 0; a < tensor->axes; a++)
        count *= tensor->shape[a];
    return count;
}

lln_status lln_tensor_bytes(const lln_tensor *tensor, size_t *bytes)
{
    char shape[LLN_TENSOR_SHAPE_TEXT];
    size_t product = lln_dtype_size(tensor->dtype);
    lln_tensor_shape_text(tensor, shape, sizeof shape);
    for (size_t a = 0; a < tensor->axes; a++)
        if (tensor->shape[a] == 0)
            return lln_fail(LLN_EUNDEFINED, "shape %s: no elements", shape);
    for (size_t a = 0; a < tensor->axes; a++)
        if (__builtin_mul_overflow(product, tensor->shape[a], &product))
            return lln_fail(LLN_EFORMAT, "shape %s: too large", shape);
    *bytes = product;
    return LLN_OK;
}

void lln_tensor_set_strides(lln_tensor *tensor, bool fortran)
{
    size_t stride = 1;
    for (size_t step = 0; step < tensor->axes; step++) {
        size_t a = fortran ? step : tensor->axes - 1 - step;
        tensor->strides[a] = stride;
        stride *= tensor->shape[a];
    }
}

const char *lln_tensor_shape_text(const lln_tensor *tensor, char *text,
                                  size_t size)
{
    size_t used = 0;
    snprintf(text, size, "(");
    for (size_t a = 0; a < tensor->axes; a++) {
        used = strlen(text);
        snprintf(text + used, size - used, a == 0 ? "%zu" : ", %zu",
                 tensor->shape[a]);
    }
    used = strlen(text);
    snprintf(text + used, size - used, tensor->axes == 1 ? ",)" : ")");
    return text;
}

static inline float get_f16(const unsigned char *from, bool swapped)
{
    uint16_t bits;
    memcpy(&bits, from, sizeof bits);
    return lln_half_to_float(swapped ? __builtin_bswap16(bits) : bits);
}

/* bfloat16 is the upper half of a float. */
static inline float get_bf16(const unsigned char *from, bool swapped)
{
    uint16_t half;
    float value;
    memcpy(&half, from, sizeof half);
    uint32_t bits = (uint32_t)(swapped ? __builtin_bswap16(half) : half) << 16;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float get_f32(const unsigned char *from, bool swapped)
{
    uint32_t bits;
    float value;
    memcpy(&bits, from, sizeof bits);
    bits = swapped ? __builtin_bswap32(bits) : bits;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double get_f64(const unsigned char *from, bool swapped)
{
    uint64_t bits;
    double value;
    memcpy(&bits, from, sizeof bits);
    bits = swapped ? __builtin_bswap64(bits) : bits;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void lln_tensor_locate(lln_tensor *tensor, const lln_mapping *file,
                       size_t place)
{
    tensor->data = file->bytes ? file->bytes + place : NULL;
    tensor->file = file;
    tensor->place = place;
}

double lln_tensor_get(const lln_tensor *tensor, size_t at)
{
    unsigned char number[8];
    size_t size = lln_dtype_size(tensor->dtype);
    const unsigned char *from =
        tensor->data ? tensor->data + at * size : number;
    if (!tensor->data &&
        lln_mapping_read(tensor->file, tensor->place + at * size, size,
                         number) != LLN_OK)
        return NAN;
    switch (tensor->dtype) {
    case LLN_DTYPE_F16:
        return get_f16(from, tensor->swapped);
    case LLN_DTYPE_BF16:
        return get_bf16(from, tensor->swapped);
    case LLN_DTYPE_F32:
        return get_f32(from, tensor->swapped);
    case LLN_DTYPE_BOOL:
        return *from != 0;
    case LLN_DTYPE_F64:
        break;
    }
    return get_f64(from, tensor->swapped);
}

#define COPY_RUN_TO(type, get)                                                 \
    for (size_t j = 0; j < count; j++)                                         \
    ((type *)out)[j] = (type)get(from + j * step, swapped)

#define COPY_RUN(get)                                                          \
    do {                                                                       \
        if (wide)                                                              \
            COPY_RUN_TO(double, get);                                          \
        else                                                                   \
            COPY_RUN_TO(float, get);                                           \
    } while (0)

/* Copies `count` elements of the data: first, first + stride, ... */
static void copy_run(const lln_tensor *tensor, size_t first, size_t stride,
                     size_t count, lln_precision precision, void *out)
{
    size_t size = lln_dtype_size(tensor->dtype), step = stride * size;
    const unsigned char *from = tensor->data + first * size;
    bool swapped = tensor->swapped, wide = precision == LLN_FLOAT64;
    bool native = tensor->dtype == (wide ? LLN_DTYPE_F64 : LLN_DTYPE_F32);
    if (native && !swapped && stride == 1)
        memcpy(out, from, count * size);
    else if (tensor->dtype == LLN_DTYPE_F16)
        COPY_RUN(get_f16);
    else if (tensor->dtype == LLN_DTYPE_BF16)
        COPY_RUN(get_bf16);
    else if (tensor->dtype == LLN_DTYPE_F32)
        COPY_RUN(get_f32);
    else
        COPY_RUN(get_f64);
}

LLN_CLONES static size_t bad_float(const float *x, size_t count)
{
    uint32_t any = 0, bits;
    for (size_t i = 0; i < count; i++) {
        memcpy(&bits, &x[i], sizeof bits);
        any |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    for (size_t i = 0; any && i < count; i++)
        if (!isfinite(x[i]))
            return i;
    return count;
}

LLN_CLONES static size_t bad_double(const double *x, size_t count)
{
    uint64_t any = 0, bits, mask = UINT64_C(0x7ff) << 52;
    for (size_t i = 0; i < count; i++) {
        memcpy(&bits, &x[i], sizeof bits);
        any |= (bits & mask) == mask;
    }
    for (size_t i = 0; any && i < count; i++)
        if (!isfinite(x[i]))
            return i;
    return count;
}

/* Index of the first value that is not finite, or `count`. */
static size_t bad_number(lln_precision precision, const void *x, size_t count)
{
    return precision == LLN_FLOAT32 ? bad_float(x, count)
                                    : bad_double(x, count);
}

/* `count` elements of the data from `first` on, if they can be read in place;
 * else NULL. */
static const void *in_place(const lln_tensor *tensor, size_t first,
                            size_t stride, lln_precision precision)
{
    bool wide = precision == LLN_FLOAT64;
    size_t size = lln_dtype_size(tensor->dtype);
    const unsigned char *from = tensor->data + first * size;
    bool native = tensor->dtype == (wide ? LLN_DTYPE_F64 : LLN_DTYPE_F32);
    return native && !tensor->swapped && stride == 1 &&
                   (uintptr_t)from % size == 0
               ? from
               : NULL;
}

/* Copies row i to out (NULL: only checks it). Returns the column of the first
 * value that is not finite, or `columns`. */
static size_t copy_row(const lln_tensor *tensor, const lln_tensor_slice *slice,
                       size_t i, lln_precision precision, char *out)
{
    double scratch[PIECE];
    size_t bad = slice->columns, size = lln_precision_size(precision);
    for (size_t j = 0; j < slice->columns; j += PIECE) {
        size_t count = slice->columns - j < PIECE ? slice->columns - j : PIECE;
        size_t first =
            slice->offset + i * slice->row_stride + j * slice->column_stride;
        const void *numbers =
            out ? NULL
                : in_place(tensor, first, slice->column_stride, precision);
        if (!numbers) {
            void *to = scratch;
            if (out)
                to = out + j * size;
            copy_run(tensor, first, slice->column_stride, count, precision, to);
            numbers = to;
        }
        size_t at = bad_number(precision, numbers, count);
        if (at < count && bad == slice->columns)
            bad = j + at;
    }
    return bad;
}

/* Joins contiguous rows to longer rows, which are copied faster. */
static lln_tensor_slice lengthen_rows(lln_tensor_slice slice)
{
    size_t columns = slice.columns;
    if (slice.column_stride == 1 && slice.row_stride == columns &&
        columns < PIECE && columns > 0) {
        size_t factor = PIECE / columns;
        while (factor > 1 && slice.rows % factor != 0)
            factor--;
        slice.rows /= factor;
        slice.columns *= factor;
        slice.row_stride *= factor;
    }
    return slice;
}

/* Copies or checks all rows; those of out are `pitch` elements apart. */
static size_t copy_rows(const lln_tensor *tensor, lln_tensor_slice slice,
                        lln_precision precision, char *out, size_t pitch)
{
    bool dense = pitch == slice.columns;
    slice = dense ? lengthen_rows(slice) : slice;
    size_t columns = slice.columns, count = slice.rows * columns, bad = count;
    size_t bytes = (dense ? columns : pitch) * lln_precision_size(precision);
#pragma omp parallel for schedule(static)                                      \
    reduction(min                                                              \
              : bad) if (count >= 2 * PARALLEL_BLOCK)
    for (size_t i = 0; i < slice.rows; i++) {
        size_t j = copy_row(tensor, &slice, i, precision,
                            out ? out + i * bytes : NULL);
        if (j < columns && i * columns + j < bad)
            bad = i * columns + j;
    }
    return bad;
}

/* Reads the bytes of a slice from the file and copies the slice. */
static lln_status copy_piece(const lln_tensor *tensor, lln_tensor_slice slice,
                             lln_precision precision, char *out, size_t pitch,
                             size_t *bad)
{
    size_t size = lln_dtype_size(tensor->dtype);
    size_t span = (slice.rows - 1) * slice.row_stride +
                  (slice.columns - 1) * slice.column_stride + 1;
    unsigned char *bytes = lln_array_alloc_raw(span, size);
    lln_tensor piece = *tensor;
    if (!bytes)
        return LLN_ENOMEM;
    lln_status status = lln_mapping_read(
        tensor->file, tensor->place + slice.offset * size, span * size, bytes);
    piece.data = bytes;
    slice.offset = 0;
    if (status == LLN_OK)
        *bad = copy_rows(&piece, slice, precision, out, pitch);
    free(bytes);
    return status;
}

/* Copies a slice of a file that is read in parts: some rows at a time, or some
 * columns if columns are further apart. */
static lln_status copy_pieces(const lln_tensor *tensor,
                              const lln_tensor_slice *slice,
                              lln_precision precision, char *out, size_t *bad)
{
    bool by_rows = slice->row_stride >= slice->column_stride;
    size_t lines = by_rows ? slice->rows : slice->columns;
    size_t stride = by_rows ? slice->row_stride : slice->column_stride;
    size_t gap = stride * lln_dtype_size(tensor->dtype), step = 1;
    if (gap > 0 && gap < GAP)
        step = READ_AT_ONCE / gap;
    *bad = slice->rows * slice->columns;
    for (size_t first = 0, at; first < lines; first += step) {
        lln_tensor_slice piece = *slice;
        *(by_rows ? &piece.rows : &piece.columns) =
            lines - first < step ? lines - first : step;
        piece.offset += first * stride;
        size_t start = by_rows ? first * slice->columns : first;
        LLN_TRY(
            copy_piece(tensor, piece, precision,
                       out ? out + start * lln_precision_size(precision) : NULL,
                       slice->columns, &at));
        if (at == piece.rows * piece.columns)
            continue;
        start += at / piece.columns * slice->columns + at % piece.columns;
        *bad = start < *bad ? start : *bad;
    }
    return LLN_OK;
}

static lln_status copy_slice(const lln_tensor *tensor,
                             const lln_tensor_slice *slice,
                             lln_precision precision, void *out, size_t *bad)
{
    if (!tensor->data && slice->rows * slice->columns > 0)
        return copy_pieces(tensor, slice, precision, out, bad);
    *bad = copy_rows(tensor, *slice, precision, out, slice->columns);
    return LLN_OK;
}

/* Whether offset + (rows - 1) row_stride + (columns - 1) column_stride < count,
 * without overflow. */
static bool slice_fits(const lln_tensor *tensor, const lln_tensor_slice *slice)
{
    size_t down, across, last, entries;
    if (__builtin_mul_overflow(slice->rows, slice->columns, &entries))
        return false;
    if (entries == 0)
        return true;
    return !__builtin_mul_overflow(slice->rows - 1, slice->row_stride, &down) &&
           !__builtin_mul_overflow(slice->columns - 1, slice->column_stride,
                                   &across) &&
           !__builtin_add_overflow(down, across, &last) &&
           !__builtin_add_overflow(last, slice->offset, &last) &&
           last < lln_tensor_count(tensor);
}

static lln_status check_slice(const lln_tensor *tensor,
                              const lln_tensor_slice *slice)
{
    if (slice_fits(tensor, slice))
        return LLN_OK;
    return lln_fail(
        LLN_EINVAL, "%zu x %zu entries from element %zu exceed an array of %zu",
        slice->rows, slice->columns, slice->offset, lln_tensor_count(tensor));
}

lln_status lln_tensor_copy(const lln_tensor *tensor,
                           const lln_tensor_slice *slice,
                           lln_precision precision, void *out, size_t *bad)
{
    LLN_TRY(check_slice(tensor, slice));
    return copy_slice(tensor, slice, precision, out, bad);
}

lln_status lln_tensor_find_nonfinite(const lln_tensor *tensor,
                                     const lln_tensor_slice *slice, size_t *bad)
{
    LLN_TRY(check_slice(tensor, slice));
    lln_precision precision =
        tensor->dtype == LLN_DTYPE_F64 ? LLN_FLOAT64 : LLN_FLOAT32;
    return copy_slice(tensor, slice, precision, NULL, bad);
}
