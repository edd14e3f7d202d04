/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The format is that of https://github.com/huggingface/safetensors: the header
 * is an object of name: {"dtype", "shape", "data_offsets": [begin, end]},
 * optionally with "__metadata__"; offsets count from the end of the header. */
#include "tensor/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "tensor/bytes.h"
#include "tensor/json.h"

enum {
    PREFIX = 8, /* bytes before the header */
    HEADER_MOST = 100000000,
    DTYPE_TEXT = 32
};

/* The bytes of an array. */
typedef struct {
    size_t begin, end, index;
} span;

typedef struct {
    const char *name;
    unsigned bits;      /* bits of an element */
    const char *reason; /* why it is refused; NULL: it is read as `dtype` */
    lln_dtype dtype;
} dtype_kind;

/* An array as the header describes it. */
typedef struct {
    const char *dtype;
    const dtype_kind *kind; /* NULL if unknown */
    const json_t *shape;
    json_int_t begin, end;
} description;

static const dtype_kind kinds[] = {
    {"F64", 64, NULL, LLN_DTYPE_F64},
    {"F32", 32, NULL, LLN_DTYPE_F32},
    {"F16", 16, NULL, LLN_DTYPE_F16},
    {"BF16", 16, NULL, LLN_DTYPE_BF16},
    {"I64", 64, "integers", 0},
    {"I32", 32, "integers", 0},
    {"I16", 16, "integers", 0},
    {"I8", 8, "integers", 0},
    {"U64", 64, "integers", 0},
    {"U32", 32, "integers", 0},
    {"U16", 16, "integers", 0},
    {"U8", 8, "integers", 0},
    {"BOOL", 8, "booleans", LLN_DTYPE_BOOL},
    {"C64", 64, "complex numbers", 0},
    {"F8_E4M3", 8, "floats of 8 bits", 0},
    {"F8_E5M2", 8, "floats of 8 bits", 0},
    {"F8_E8M0", 8, "floats of 8 bits", 0},
    {"F6_E2M3", 6, "floats of 6 bits", 0},
    {"F6_E3M2", 6, "floats of 6 bits", 0},
    {"F4", 4, "floats of 4 bits", 0},
};

static const dtype_kind *find_kind(const char *dtype)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, dtype) == 0)
            return &kinds[i];
    return NULL;
}

/* Number of bytes before the data. */
static lln_status header_end(const lln_mapping *file, size_t *end)
{
    unsigned char prefix[PREFIX];
    LLN_TRY(lln_mapping_read(file, 0, PREFIX, prefix));
    uint64_t length = lln_get_u64(prefix);
    if (length > HEADER_MOST)
        return lln_fail(LLN_EFORMAT,
                        "header of %llu bytes; expected at most %d",
                        (unsigned long long)length, HEADER_MOST);
    *end = PREFIX + (size_t)length;
    return LLN_OK;
}

static lln_status read_header(const lln_mapping *file, json_t **header,
                              size_t *end)
{
    LLN_TRY(header_end(file, end));
    size_t length = *end - PREFIX;
    if (*end > file->size)
        return lln_fail(LLN_EFORMAT,
                        "truncated: %zu bytes of header, expected %zu",
                        file->size - PREFIX, length);
    const unsigned char *text;
    LLN_TRY(lln_mapping_get(file, PREFIX, length, &text));
    lln_status status =
        lln_json_parse((const char *)text, length, "header", header);
    lln_mapping_put(file, text);
    return status;
}

/* Reads the description of an array. */
static lln_status describe_array(json_t *value, description *about)
{
    size_t axis, length = 0;
    json_t *shape = NULL, *size;
    if (json_unpack(value, "{s:s%,s:o,s:[I,I!]}", "dtype", &about->dtype,
                    &length, "shape", &shape, "data_offsets", &about->begin,
                    &about->end) != 0 ||
        length != strlen(about->dtype) || !json_is_array(shape) ||
        about->begin < 0 || about->end < about->begin)
        return lln_fail(LLN_EFORMAT,
                        "expected \"dtype\", \"shape\" and \"data_offsets\" "
                        "such as [0, 64]");
    json_array_foreach(shape, axis, size)
    {
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return lln_fail(LLN_EFORMAT,
                            "\"shape\": expected whole numbers such as "
                            "[512, 64]");
    }
    about->kind = find_kind(about->dtype);
    about->shape = shape;
    return LLN_OK;
}

/* The tensor of an array, with at most LLN_TENSOR_AXES axes. */
static lln_tensor make_tensor(const description *about)
{
    size_t axes = json_array_size(about->shape);
    lln_tensor tensor = {
        .dtype = about->kind ? about->kind->dtype : 0,
        .swapped = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
        .axes = axes < LLN_TENSOR_AXES ? axes : LLN_TENSOR_AXES,
    };
    for (size_t a = 0; a < tensor.axes; a++)
        tensor.shape[a] =
            (size_t)json_integer_value(json_array_get(about->shape, a));
    lln_tensor_set_strides(&tensor, false);
    return tensor;
}

/* LLN_EFORMAT unless the length of the data agrees with dtype and shape. */
static lln_status check_size(const description *about, const lln_tensor *tensor)
{
    char shape[LLN_TENSOR_SHAPE_TEXT];
    size_t axis, bits = about->kind->bits;
    const json_t *size;
    json_array_foreach(about->shape, axis, size)
    {
        if (json_integer_value(size) == 0)
            bits = 0;
    }
    lln_tensor_shape_text(tensor, shape, sizeof shape);
    json_array_foreach(about->shape, axis, size)
    {
        if (__builtin_mul_overflow(bits, (size_t)json_integer_value(size),
                                   &bits))
            return lln_fail(LLN_EFORMAT, "shape %s: too large", shape);
    }
    size_t bytes = (size_t)(about->end - about->begin);
    if (bits % 8 == 0 && bytes == bits / 8)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT, "%s %s: %zu bytes of data, expected %zu",
                    about->dtype, shape, bytes, bits / 8 + (bits % 8 != 0));
}

/* reason [LLN_REASON_TEXT] becomes the reason why the array cannot be read, or
 * "". */
static lln_status judge_dtype(const description *about,
                              const lln_tensor *tensor, char *reason)
{
    char dtype[DTYPE_TEXT];
    size_t bytes;
    lln_status status = LLN_OK;
    reason[0] = '\0';
    if (!about->kind || about->kind->reason)
        snprintf(reason, LLN_REASON_TEXT,
                 "dtype %s: %s; expected F64, F32, F16 or BF16",
                 lln_text_printable(dtype, sizeof dtype, about->dtype),
                 about->kind ? about->kind->reason : "unknown");
    else if (json_array_size(about->shape) > LLN_TENSOR_AXES)
        snprintf(reason, LLN_REASON_TEXT, "more than %d axes", LLN_TENSOR_AXES);
    else
        status = lln_tensor_bytes(tensor, &bytes);
    if (status != LLN_EUNDEFINED)
        return status;
    snprintf(reason, LLN_REASON_TEXT, "%s", lln_error_message());
    return LLN_OK;
}

static lln_status add_array(lln_container *container, const char *key,
                            json_t *value, span *at)
{
    description about;
    char reason[LLN_REASON_TEXT], dtype[DTYPE_TEXT];
    LLN_TRY(describe_array(value, &about));
    lln_tensor tensor = make_tensor(&about);
    if (about.kind)
        LLN_TRY(check_size(&about, &tensor));
    LLN_TRY(judge_dtype(&about, &tensor, reason));
    *at = (span){(size_t)about.begin, (size_t)about.end, container->count};
    return lln_container_add(
        container, key, lln_text_printable(dtype, sizeof dtype, about.dtype),
        reason, &tensor);
}

static int by_place(const void *left, const void *right)
{
    const span *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

/* LLN_EFORMAT unless each array begins where the one before it ends, and the
 * last one ends with the file, which has `available` bytes of data. */
static lln_status check_spans(const lln_container *container, span *spans,
                              size_t available)
{
    size_t end = 0;
    qsort(spans, container->count, sizeof *spans, by_place);
    for (size_t i = 0; i < container->count; i++) {
        const char *key = container->arrays[spans[i].index].key;
        if (spans[i].begin != end) {
            (void)lln_fail(LLN_EFORMAT,
                           "data_offsets: %s: begin at byte %zu, "
                           "expected %zu",
                           spans[i].begin < end ? "an overlap" : "a hole",
                           spans[i].begin, end);
            return lln_container_fail_key(LLN_EFORMAT, key);
        }
        end = spans[i].end;
    }
    if (end == available)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT, "%s: %zu bytes of data, expected %zu",
                    available < end ? "truncated" : "trailing bytes", available,
                    end);
}

static size_t claim_length(const lln_mapping *file)
{
    json_t *header, *value;
    size_t start = 0, most = 0;
    const char *key;
    description about;
    if (header_end(file, &start) != LLN_OK)
        return 0;
    if (start > file->size)
        return start;
    if (read_header(file, &header, &start) != LLN_OK)
        return 0;
    json_object_foreach(header, key, value)
    {
        if (describe_array(value, &about) == LLN_OK && (size_t)about.end > most)
            most = (size_t)about.end;
    }
    json_decref(header);
    return start + most;
}

static lln_status list_described(lln_container *container, json_t *header,
                                 size_t start, span *spans)
{
    const char *key;
    json_t *value;
    json_object_foreach(header, key, value)
    {
        if (strcmp(key, "__metadata__") == 0)
            continue;
        lln_status status =
            add_array(container, key, value, &spans[container->count]);
        if (status != LLN_OK)
            return lln_container_fail_key(status, key);
    }
    LLN_TRY(check_spans(container, spans, container->mapping.size - start));
    for (size_t i = 0; i < container->count; i++)
        lln_tensor_locate(&container->arrays[spans[i].index].tensor,
                          &container->mapping, start + spans[i].begin);
    return LLN_OK;
}

static lln_status list_arrays(lln_container *container)
{
    json_t *header;
    size_t start = 0;
    LLN_TRY(read_header(&container->mapping, &header, &start));
    span *spans = lln_array_alloc(json_object_size(header), sizeof *spans);
    lln_status status =
        spans ? list_described(container, header, start, spans) : LLN_ENOMEM;
    free(spans);
    json_decref(header);
    return status;
}

const lln_format lln_safetensors_format = {
    .magic = {"{"},
    .place = PREFIX,
    .claim = claim_length,
    .list = list_arrays,
};
