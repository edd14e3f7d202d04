/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/writer.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tensor/container_internal.h"
#include "tensor/half.h"
#include "tensor/zip_write.h"

enum {
    PIECE = 4096, /* elements converted at a time */
    KEY_MOST = 65000,
    NPY_PREFIX = 10,    /* magic, version, length */
    NPY_ALIGNMENT = 64, /* alignment of the data, as in numpy */
    NPY_HEADER = 512,   /* bytes that any header fits in */
    JSON_ALIGNMENT = 8
};

struct lln_writer {
    lln_output out;
    lln_writer_format format;
    lln_writer_entry *entries;
    char **keys;             /* owned: the keys of the entries */
    lln_zip_record *members; /* one for each entry; their names are owned */
    size_t count, current;
    size_t left;          /* elements that the current array still needs */
    unsigned char *piece; /* [PIECE x 8] */
};

static const struct {
    const char *suffix;
    lln_writer_format format;
} suffixes[] = {
    {".npy", LLN_WRITER_NPY},
    {".npz", LLN_WRITER_NPZ},
    {".safetensors", LLN_WRITER_SAFETENSORS},
};

/* Names of dtypes, indexed by lln_dtype. */
static const struct {
    const char *npy, *safetensors;
} names[] = {
    [LLN_DTYPE_F16] = {"<f2", "F16"},
    [LLN_DTYPE_F32] = {"<f4", "F32"},
    [LLN_DTYPE_F64] = {"<f8", "F64"},
};

lln_status lln_writer_find_format(const char *path, lln_writer_format *format)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t size = strlen(suffixes[i].suffix);
        if (length < size ||
            strcmp(path + length - size, suffixes[i].suffix) != 0)
            continue;
        *format = suffixes[i].format;
        return LLN_OK;
    }
    return lln_fail(LLN_EINVAL,
                    "%s: expected a name that ends in .npy, .npz or "
                    ".safetensors",
                    path);
}

static lln_tensor describe_entry(const lln_writer_entry *entry)
{
    lln_tensor tensor = {.dtype = entry->dtype, .axes = entry->axes};
    memcpy(tensor.shape, entry->shape, sizeof tensor.shape);
    return tensor;
}

/* Writes the header of a .npy file, version 1, to text [NPY_HEADER]; returns
 * its length. */
static size_t npy_header(const lln_writer_entry *entry, char *text)
{
    char shape[LLN_TENSOR_SHAPE_TEXT];
    lln_tensor tensor = describe_entry(entry);
    memcpy(text, "\x93NUMPY\1\0", 8);
    int used = snprintf(text + NPY_PREFIX, NPY_HEADER - NPY_PREFIX,
                        "{'descr': '%s', 'fortran_order': False, 'shape': %s, "
                        "}",
                        names[entry->dtype].npy,
                        lln_tensor_shape_text(&tensor, shape, sizeof shape));
    size_t end = NPY_PREFIX + (size_t)used;
    size_t length = (end + NPY_ALIGNMENT) / NPY_ALIGNMENT * NPY_ALIGNMENT;
    memset(text + end, ' ', length - end - 1);
    text[length - 1] = '\n';
    text[8] = (char)((length - NPY_PREFIX) & 0xff);
    text[9] = (char)((length - NPY_PREFIX) >> 8);
    return length;
}

static json_t *json_entry(const lln_writer_entry *entry, uint64_t begin,
                          uint64_t end)
{
    json_t *shape = json_array();
    for (size_t a = 0; a < entry->axes; a++)
        json_array_append_new(shape, json_integer((json_int_t)entry->shape[a]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype",
                     names[entry->dtype].safetensors, "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)end);
}

/* The caller frees the text; NULL when out of memory. */
static char *safetensors_header(const lln_writer *w)
{
    uint64_t begin = 0;
    json_t *header = json_object();
    int failed = 0;
    for (size_t i = 0; i < w->count; i++) {
        uint64_t end = begin + w->members[i].size;
        failed |= json_object_set_new(header, w->entries[i].key,
                                      json_entry(&w->entries[i], begin, end));
        begin = end;
    }
    char *text = failed ? NULL : json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

static lln_status put_safetensors_header(lln_writer *w)
{
    char *text = safetensors_header(w);
    if (!text)
        return lln_fail(LLN_ENOMEM, "out of memory");
    size_t length = strlen(text);
    size_t pad = (JSON_ALIGNMENT - length % JSON_ALIGNMENT) % JSON_ALIGNMENT;
    lln_output_number size = {8, length + pad};
    lln_status status = lln_output_numbers(&w->out, &size, 1);
    if (status == LLN_OK)
        status = lln_output_put(&w->out, text, length);
    if (status == LLN_OK)
        status = lln_output_put(&w->out, "       ", pad);
    free(text);
    return status;
}

/* Writes what precedes the data of the current array. */
static lln_status begin_array(lln_writer *w)
{
    const lln_writer_entry *entry = &w->entries[w->current];
    char header[NPY_HEADER];
    lln_tensor tensor = describe_entry(entry);
    w->left = lln_tensor_count(&tensor);
    if (w->format == LLN_WRITER_NPZ)
        LLN_TRY(lln_zip_begin(&w->out, &w->members[w->current]));
    if (w->format == LLN_WRITER_SAFETENSORS)
        return LLN_OK;
    return lln_output_put(&w->out, header, npy_header(entry, header));
}

static lln_status end_array(lln_writer *w)
{
    if (w->format == LLN_WRITER_NPZ)
        LLN_TRY(lln_zip_end(&w->out, &w->members[w->current]));
    w->current++;
    return w->current < w->count ? begin_array(w) : LLN_OK;
}

static lln_status check_entry(const lln_writer_entry *entry)
{
    size_t bytes;
    if (entry->axes > LLN_TENSOR_AXES)
        return lln_fail(LLN_EINVAL, "more than %d axes", LLN_TENSOR_AXES);
    if (entry->dtype == LLN_DTYPE_BF16)
        return lln_fail(LLN_EINVAL, "bfloat16 is not written");
    json_t *key = json_string(entry->key); /* checks the encoding */
    json_decref(key);
    if (!key || strlen(entry->key) > KEY_MOST ||
        strcmp(entry->key, "__metadata__") == 0)
        return lln_fail(LLN_EINVAL, "not a valid name for an array");
    lln_tensor tensor = describe_entry(entry);
    return lln_tensor_bytes(&tensor, &bytes);
}

static int compare_keys(const void *left, const void *right)
{
    const lln_writer_entry *a = left, *b = right;
    return strcmp(a->key, b->key);
}

/* LLN_EINVAL if two entries have the same key. Sorts the entries. */
static lln_status check_twice(lln_writer_entry *entries, size_t count)
{
    qsort(entries, count, sizeof *entries, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (compare_keys(&entries[i - 1], &entries[i]) == 0) {
            (void)lln_fail(LLN_EINVAL, "two arrays have this key");
            return lln_container_fail_key(LLN_EINVAL, entries[i].key);
        }
    return LLN_OK;
}

static lln_status check_entries(lln_writer_format format,
                                const lln_writer_entry *entries, size_t count)
{
    if (count == 0 || (format == LLN_WRITER_NPY && count > 1))
        return lln_fail(LLN_EINVAL, "%zu arrays; expected %s", count,
                        format == LLN_WRITER_NPY ? "one" : "one or more");
    for (size_t i = 0; i < count; i++) {
        lln_status status = check_entry(&entries[i]);
        if (status != LLN_OK)
            return lln_container_fail_key(status, entries[i].key);
    }
    lln_writer_entry *copy = lln_array_alloc(count, sizeof *copy);
    if (!copy)
        return LLN_ENOMEM;
    memcpy(copy, entries, count * sizeof *copy);
    lln_status status = check_twice(copy, count);
    free(copy);
    return status;
}

/* Copies an entry and computes its size in the file. */
static lln_status add_entry(lln_writer *w, const lln_writer_entry *entry)
{
    char header[NPY_HEADER];
    size_t bytes, place = w->count++;
    lln_tensor tensor = describe_entry(entry);
    LLN_TRY(lln_tensor_bytes(&tensor, &bytes));
    if (w->format == LLN_WRITER_NPZ)
        bytes += npy_header(entry, header);
    w->entries[place] = *entry;
    w->entries[place].key = w->keys[place] = strdup(entry->key);
    w->members[place] = (lln_zip_record){.size = bytes};
    if (asprintf(&w->members[place].name, "%s.npy", entry->key) < 0)
        w->members[place].name = NULL;
    if (w->keys[place] && w->members[place].name)
        return LLN_OK;
    return lln_fail(LLN_ENOMEM, "out of memory");
}

static lln_status begin_file(lln_writer *w, const lln_writer_entry *entries,
                             size_t count)
{
    w->entries = lln_array_alloc(count, sizeof *w->entries);
    w->keys = lln_array_alloc(count, sizeof *w->keys);
    w->members = lln_array_alloc(count, sizeof *w->members);
    w->piece = lln_array_alloc(PIECE, sizeof(double));
    if (!w->entries || !w->keys || !w->members || !w->piece)
        return LLN_ENOMEM;
    for (size_t i = 0; i < count; i++)
        LLN_TRY(add_entry(w, &entries[i]));
    if (w->format == LLN_WRITER_SAFETENSORS)
        LLN_TRY(put_safetensors_header(w));
    return begin_array(w);
}

lln_status lln_writer_open(FILE *out, lln_writer_format format,
                           const lln_writer_entry *entries, size_t count,
                           lln_writer **writer)
{
    LLN_TRY(check_entries(format, entries, count));
    lln_writer *opened = calloc(1, sizeof *opened);
    if (!opened)
        return lln_fail(LLN_ENOMEM, "out of memory");
    opened->out.file = out;
    opened->format = format;
    lln_status status = begin_file(opened, entries, count);
    if (status == LLN_OK)
        *writer = opened;
    else
        lln_writer_free(opened);
    return status;
}

/* The bits of a value in a dtype. */
static uint64_t encode_number(double value, lln_dtype dtype)
{
    float narrow = (float)value;
    uint64_t wide_bits;
    uint32_t narrow_bits;
    if (dtype == LLN_DTYPE_F16)
        return lln_half_from_double(value);
    memcpy(&narrow_bits, &narrow, sizeof narrow_bits);
    memcpy(&wide_bits, &value, sizeof wide_bits);
    return dtype == LLN_DTYPE_F32 ? narrow_bits : wide_bits;
}

/* Writes entries first .. first + count - 1 of a matrix. */
static lln_status put_piece(lln_writer *w, lln_matrix numbers, size_t first,
                            size_t count)
{
    lln_dtype dtype = w->entries[w->current].dtype;
    size_t size = lln_dtype_size(dtype);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits =
            encode_number(lln_matrix_get(numbers, 0, first + i), dtype);
        for (size_t b = 0; b < size; b++)
            w->piece[i * size + b] = (unsigned char)(bits >> 8 * b);
    }
    w->left -= count;
    return lln_output_put(&w->out, w->piece, count * size);
}

lln_status lln_writer_append(lln_writer *writer, lln_matrix numbers)
{
    size_t count = numbers.rows * numbers.columns;
    if (count > writer->left)
        return lln_fail(LLN_EINVAL, "%zu numbers; expected at most %zu", count,
                        writer->left);
    for (size_t i = 0; i < count; i += PIECE) {
        size_t some = count - i < PIECE ? count - i : PIECE;
        LLN_TRY(put_piece(writer, numbers, i, some));
    }
    if (writer->left > 0 || count == 0)
        return LLN_OK;
    return end_array(writer);
}

lln_status lln_writer_finish(lln_writer *writer)
{
    if (writer->left > 0) {
        (void)lln_fail(LLN_EINVAL, "%zu numbers are missing", writer->left);
        return lln_container_fail_key(LLN_EINVAL,
                                      writer->entries[writer->current].key);
    }
    if (writer->format == LLN_WRITER_NPZ)
        LLN_TRY(lln_zip_finish(&writer->out, writer->members, writer->count));
    if (fflush(writer->out.file) != 0)
        return lln_fail(LLN_EIO, "%s", strerror(errno));
    return LLN_OK;
}

void lln_writer_free(lln_writer *writer)
{
    if (!writer)
        return;
    for (size_t i = 0; i < writer->count; i++) {
        free(writer->keys[i]);
        free(writer->members[i].name);
    }
    free(writer->entries);
    free(writer->keys);
    free(writer->members);
    free(writer->piece);
    free(writer);
}
