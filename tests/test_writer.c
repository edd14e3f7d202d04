/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing arrays: they are read back, and damaged streams and incorrect calls
 * are refused. */
#include "tensor/writer.h"

#include <fcntl.h>
#include <unistd.h>

#include "npz_file.h"
#include "tensor/bytes.h"
#include "tensor/half.h"

static const lln_writer_format formats[] = {LLN_WRITER_NPY, LLN_WRITER_NPZ,
                                            LLN_WRITER_SAFETENSORS};

static lln_matrix wide(const double *data, size_t rows, size_t columns)
{
    return (lln_matrix){LLN_FLOAT64, rows, columns, data};
}

/* A file that was written in memory. */
typedef struct {
    char *bytes;
    size_t size;
} written;

/* Writes the values of all entries, `rows` x `columns` at a time. */
static written write_all(lln_writer_format format,
                         const lln_writer_entry *entries, size_t count,
                         lln_matrix numbers, size_t rows)
{
    written file;
    lln_writer *writer = NULL;
    FILE *out = open_memstream(&file.bytes, &file.size);
    expect_ok(lln_writer_open(out, format, entries, count, &writer));
    for (size_t i = 0; i < numbers.rows; i += rows)
        expect_ok(lln_writer_append(writer, lln_matrix_rows(numbers, i, rows)));
    expect_ok(lln_writer_finish(writer));
    lln_writer_free(writer);
    ck_assert_int_eq(fclose(out), 0);
    return file;
}

static lln_container *open_written(const written *file)
{
    lln_container *container = NULL;
    expect_ok(lln_container_parse("x", (const unsigned char *)file->bytes,
                                  file->size, &container));
    return container;
}

/* Every float16 is read back. A value between two of them is rounded to the
 * nearer one, and halfway to the even one. */
START_TEST(half_from_double_all)
{
    for (unsigned bits = 0; bits < 0x7c00; bits++) {
        double low = lln_half_to_float((uint16_t)bits);
        double high =
            bits == 0x7bff ? 65536 : lln_half_to_float((uint16_t)(bits + 1));
        double middle = (low + high) / 2;
        unsigned even = bits & 1 ? bits + 1 : bits;
        ck_assert_uint_eq(lln_half_from_double(low), bits);
        ck_assert_uint_eq(lln_half_from_double(-low), bits | 0x8000);
        ck_assert_uint_eq(lln_half_from_double(middle), even);
        ck_assert_uint_eq(lln_half_from_double(nextafter(middle, 0)), bits);
        ck_assert_uint_eq(lln_half_from_double(-nextafter(middle, INFINITY)),
                          (bits + 1) | 0x8000);
    }
    ck_assert_uint_eq(lln_half_from_double(INFINITY), 0x7c00);
    ck_assert_uint_eq(lln_half_from_double(-1e300), 0xfc00);
    ck_assert_uint_eq(lln_half_from_double(-1e-300), 0x8000);
    ck_assert_uint_eq(lln_half_from_double(5e-324), 0);
    ck_assert(isnan(lln_half_to_float(lln_half_from_double(NAN))));
}
END_TEST

/* 1 + 2^-11 + 2^-40 is above the middle of two float16 values, but its float32
 * is the middle: rounding twice would round down. */
START_TEST(half_from_double_once)
{
    ck_assert_uint_eq(lln_half_from_double(1 + 0x1p-11 + 0x1p-40), 0x3c01);
    ck_assert_uint_eq(lln_half_from_double(1 + 0x1p-11), 0x3c00);
}
END_TEST

/* Each dtype in each format, from both precisions, in pieces of rows. */
START_TEST(writer_round_trip)
{
    enum { ROWS = 6000, COLUMNS = 2 };
    const lln_dtype dtypes[] = {LLN_DTYPE_F16, LLN_DTYPE_F32, LLN_DTYPE_F64};
    const char *names[][3] = {
        {"<f2", "<f4", "<f8"}, {"<f2", "<f4", "<f8"}, {"F16", "F32", "F64"}};
    lln_writer_entry entry = {.key = "o",
                              .dtype = dtypes[_i % 3],
                              .axes = 3,
                              .shape = {3, ROWS / 3, COLUMNS}};
    double *f64 = malloc(ROWS * COLUMNS * sizeof *f64);
    float *f32 = malloc(ROWS * COLUMNS * sizeof *f32);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        f32[i] = (float)(f64[i] = (i - 5000) * 2.385e-3);
    for (int single = 0; single < 2; single++) {
        lln_matrix numbers = wide(f64, ROWS, COLUMNS);
        if (single)
            numbers = (lln_matrix){LLN_FLOAT32, ROWS, COLUMNS, f32};
        written file =
            write_all(formats[_i / 3], &entry, 1, numbers, single ? 3 : ROWS);
        lln_container *container = open_written(&file);
        lln_container_entry found = lln_container_entry_at(container, 0);
        ck_assert_str_eq(found.dtype, names[_i / 3][_i % 3]);
        ck_assert_str_eq(found.key, _i / 3 == 0 ? "" : "o");
        ck_assert(found.axes == 3 && found.shape[0] == 3 &&
                  found.shape[1] == ROWS / 3 && found.shape[2] == COLUMNS);
        lln_tensor t = read_key(container, found.key);
        for (size_t i = 0; i < ROWS * COLUMNS; i++) {
            double x = single ? (double)f32[i] : f64[i];
            if (entry.dtype == LLN_DTYPE_F32)
                x = (float)x;
            if (entry.dtype == LLN_DTYPE_F16)
                x = lln_half_to_float(lln_half_from_double(x));
            ck_assert(lln_tensor_get(&t, i) == x);
        }
        lln_container_close(container);
        free(file.bytes);
    }
    free(f64);
    free(f32);
}
END_TEST

/* Several arrays, with keys that need quoting in JSON. */
START_TEST(writer_several)
{
    const double data[] = {2.385, -0.07, 0.25, 1e300, 5};
    const lln_writer_entry entries[] = {
        {"layers.1.\"o\"\n", LLN_DTYPE_F64, 1, {3}},
        {"\xc3\xa9", LLN_DTYPE_F16, 0, {0}},
        {"a", LLN_DTYPE_F32, 2, {1, 1}},
    };
    written file = write_all(formats[_i], entries, 3, wide(data, 5, 1), 1);
    lln_container *container = open_written(&file);
    ck_assert_uint_eq(lln_container_count(container), 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(lln_container_entry_at(container, i).key,
                         entries[i].key);
    lln_tensor t = read_key(container, "layers.1.\"o\"\n");
    ck_assert(lln_tensor_get(&t, 0) == 2.385 && lln_tensor_get(&t, 2) == 0.25);
    t = read_key(container, "\xc3\xa9");
    ck_assert(t.axes == 0 && isinf(lln_tensor_get(&t, 0)));
    t = read_key(container, "a");
    ck_assert(t.axes == 2 && lln_tensor_get(&t, 0) == 5);
    lln_container_close(container);
    free(file.bytes);
}
END_TEST

/* The first is written by numpy 1.24, the second by hand. */
START_TEST(writer_headers)
{
    const double data[] = {2.385, -0.07, 0.25};
    const lln_writer_entry entry = {"o", LLN_DTYPE_F64, 1, {3}};
    written file = write_all(LLN_WRITER_NPY, &entry, 1, wide(data, 1, 3), 1);
    const char npy[] = "\x93NUMPY\1\0v\0{'descr': '<f8', 'fortran_order': "
                       "False, 'shape': (3,), }";
    ck_assert_uint_eq(file.size, 128 + 24);
    ck_assert_mem_eq(file.bytes, npy, sizeof npy - 1);
    ck_assert_mem_eq(file.bytes + 126, " \n\x14\xae\x47\xe1\x7a\x14\x03\x40",
                     10);
    free(file.bytes);
    file = write_all(LLN_WRITER_SAFETENSORS, &entry, 1, wide(data, 1, 3), 1);
    const char json[] = "\x38\0\0\0\0\0\0\0{\"o\":{\"dtype\":\"F64\",\"shape\":"
                        "[3],\"data_offsets\":[0,24]}} ";
    ck_assert_uint_eq(file.size, 64 + 24);
    ck_assert_mem_eq(file.bytes, json, 64);
    free(file.bytes);
}
END_TEST

/* Enough members to need a zip64 end record. */
START_TEST(writer_many)
{
    enum { MANY = 65600 };
    lln_writer_entry *entries = calloc(MANY, sizeof *entries);
    char(*names)[8] = calloc(MANY, sizeof *names);
    double *data = calloc(MANY, sizeof *data);
    for (int i = 0; i < MANY; i++) {
        sprintf(names[i], "%d", i);
        entries[i] = (lln_writer_entry){names[i], LLN_DTYPE_F32, 0, {0}};
        data[i] = i;
    }
    written file =
        write_all(LLN_WRITER_NPZ, entries, MANY, wide(data, MANY, 1), 1);
    lln_container *container = open_written(&file);
    ck_assert_uint_eq(lln_container_count(container), MANY);
    lln_tensor t = read_key(container, "65599");
    ck_assert(lln_tensor_get(&t, 0) == 65599);
    lln_container_close(container);
    free(file.bytes);
    free(entries);
    free(names);
    free(data);
}
END_TEST

/* A stream that leaves holes where complete blocks are zero. */
static ssize_t write_sparse(void *cookie, const char *bytes, size_t size)
{
    int file = *(int *)cookie;
    bool zero = bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
    if (zero)
        return lseek(file, (off_t)size, SEEK_CUR) < 0 ? 0 : (ssize_t)size;
    return write(file, bytes, size);
}

/* An array of more than 4 GiB, and one that begins after it. */
START_TEST(writer_beyond_4_gib)
{
    enum { COLUMNS = 1 << 20, ROWS = 514 };
    const lln_writer_entry entries[] = {
        {"zero", LLN_DTYPE_F64, 2, {ROWS, COLUMNS}},
        {"o", LLN_DTYPE_F64, 1, {2}}};
    float *zeros = calloc(COLUMNS, sizeof *zeros);
    int file = open("large.npz", O_CREAT | O_RDWR, 0600);
    FILE *out =
        fopencookie(&file, "w", (cookie_io_functions_t){.write = write_sparse});
    setvbuf(out, NULL, _IOFBF, 1 << 16);
    lln_writer *writer;
    expect_ok(lln_writer_open(out, LLN_WRITER_NPZ, entries, 2, &writer));
    for (int i = 0; i < ROWS; i++)
        expect_ok(lln_writer_append(
            writer, (lln_matrix){LLN_FLOAT32, 1, COLUMNS, zeros}));
    expect_ok(lln_writer_append(writer, wide(pair, 1, 2)));
    expect_ok(lln_writer_finish(writer));
    lln_writer_free(writer);
    ck_assert_int_eq(fclose(out), 0);
    close(file);
    free(zeros);

    lln_container *container;
    expect_ok(lln_container_open("large.npz", &container));
    lln_container_entry zero = lln_container_entry_at(container, 0);
    ck_assert_ptr_null(zero.unreadable);
    ck_assert(zero.shape[0] == ROWS && zero.shape[1] == COLUMNS);
    lln_tensor t = read_key(container, "o");
    ck_assert(lln_tensor_get(&t, 0) == 2.385);
    ck_assert(lln_tensor_get(&t, 1) == -0.07);
    lln_container_close(container);
}
END_TEST

static const struct {
    lln_writer_format format;
    size_t count;
    lln_writer_entry entries[2];
    lln_status status;
    const char *message;
} refused[] = {
    {LLN_WRITER_NPY, 0, {{0}}, LLN_EINVAL, "0 arrays; expected one"},
    {LLN_WRITER_NPZ, 0, {{0}}, LLN_EINVAL, "0 arrays; expected one or more"},
    {LLN_WRITER_NPY,
     2,
     {{"o", LLN_DTYPE_F32, 0, {0}}, {"p", LLN_DTYPE_F32, 0, {0}}},
     LLN_EINVAL,
     "2 arrays; expected one"},
    {LLN_WRITER_NPZ,
     2,
     {{"o", LLN_DTYPE_F32, 0, {0}}, {"o", LLN_DTYPE_F32, 0, {0}}},
     LLN_EINVAL,
     "key 'o': two arrays have this key"},
    {LLN_WRITER_SAFETENSORS,
     1,
     {{"__metadata__", LLN_DTYPE_F32, 0, {0}}},
     LLN_EINVAL,
     "key '__metadata__': not a valid name for an array"},
    {LLN_WRITER_NPZ,
     1,
     {{"\xff", LLN_DTYPE_F32, 0, {0}}},
     LLN_EINVAL,
     "key '\\xff': not a valid name for an array"},
    {LLN_WRITER_NPZ,
     1,
     {{"o", LLN_DTYPE_BF16, 0, {0}}},
     LLN_EINVAL,
     "key 'o': bfloat16 is not written"},
    {LLN_WRITER_NPZ,
     1,
     {{"o", LLN_DTYPE_F32, 9, {1}}},
     LLN_EINVAL,
     "key 'o': more than 8 axes"},
    {LLN_WRITER_NPZ,
     1,
     {{"o", LLN_DTYPE_F32, 2, {3, 0}}},
     LLN_EUNDEFINED,
     "key 'o': shape (3, 0): no elements"},
    {LLN_WRITER_NPZ,
     1,
     {{"o", LLN_DTYPE_F32, 2, {SIZE_MAX, 2}}},
     LLN_EFORMAT,
     "key 'o': shape (18446744073709551615, 2): too large"},
};

START_TEST(writer_refused)
{
    written file;
    FILE *out = open_memstream(&file.bytes, &file.size);
    lln_writer *writer = NULL;
    expect_status(lln_writer_open(out, refused[_i].format, refused[_i].entries,
                                  refused[_i].count, &writer),
                  refused[_i].status);
    ck_assert_str_eq(lln_error_message(), refused[_i].message);
    ck_assert_ptr_null(writer);
    fclose(out);
    ck_assert_uint_eq(file.size, 0);
    free(file.bytes);
}
END_TEST

START_TEST(writer_wrong_amount)
{
    const double data[4] = {0};
    const lln_writer_entry entries[] = {{"o", LLN_DTYPE_F32, 1, {3}},
                                        {"p", LLN_DTYPE_F32, 1, {3}}};
    FILE *out = fopen("/dev/null", "w");
    lln_writer *writer;
    expect_ok(lln_writer_open(out, LLN_WRITER_NPZ, entries, 2, &writer));
    expect_status(lln_writer_append(writer, wide(data, 1, 4)), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "4 numbers; expected at most 3");
    expect_ok(lln_writer_append(writer, wide(data, 0, 4)));
    expect_ok(lln_writer_append(writer, wide(data, 1, 3)));
    expect_ok(lln_writer_append(writer, wide(data, 1, 1)));
    expect_status(lln_writer_finish(writer), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "key 'p': 2 numbers are missing");
    expect_ok(lln_writer_append(writer, wide(data, 2, 1)));
    expect_status(lln_writer_append(writer, wide(data, 1, 1)), LLN_EINVAL);
    expect_ok(lln_writer_finish(writer));
    lln_writer_free(writer);
    fclose(out);
}
END_TEST

/* A full disk is reported at the latest when the file is closed. */
START_TEST(writer_full_disk)
{
    const double data[3] = {0};
    const lln_writer_entry entry = {"o", LLN_DTYPE_F32, 1, {3}};
    FILE *out = fopen("/dev/full", "w");
    lln_writer *writer;
    expect_ok(lln_writer_open(out, formats[_i], &entry, 1, &writer));
    expect_ok(lln_writer_append(writer, wide(data, 1, 3)));
    expect_status(lln_writer_finish(writer), LLN_EIO);
    ck_assert_str_eq(lln_error_message(), "No space left on device");
    lln_writer_free(writer);
    fclose(out);
}
END_TEST

START_TEST(writer_find_format_suffixes)
{
    lln_writer_format format = LLN_WRITER_NPZ;
    expect_ok(lln_writer_find_format("a.npz.npy", &format));
    ck_assert_int_eq(format, LLN_WRITER_NPY);
    expect_ok(lln_writer_find_format("a/b.npz", &format));
    ck_assert_int_eq(format, LLN_WRITER_NPZ);
    expect_ok(lln_writer_find_format(".safetensors", &format));
    ck_assert_int_eq(format, LLN_WRITER_SAFETENSORS);
    expect_status(lln_writer_find_format("npy", &format), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "npy: expected a name that ends in .npy, .npz or "
                     ".safetensors");
    ck_assert_int_eq(format, LLN_WRITER_SAFETENSORS);
}
END_TEST

START_TEST(writer_free_null)
{
    lln_writer_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("writer");
    TCase *writer = tcase_create("writer");
    tcase_add_checked_fixture(writer, enter_folder, remove_folder);
    tcase_add_test(writer, half_from_double_all);
    tcase_add_test(writer, half_from_double_once);
    tcase_add_loop_test(writer, writer_round_trip, 0, 9);
    tcase_add_loop_test(writer, writer_several, 1, 3);
    tcase_add_test(writer, writer_headers);
    tcase_add_test(writer, writer_many);
    tcase_add_test(writer, writer_beyond_4_gib);
    tcase_add_loop_test(writer, writer_refused, 0, COUNT(refused));
    tcase_add_test(writer, writer_wrong_amount);
    tcase_add_loop_test(writer, writer_full_disk, 0, 3);
    tcase_add_test(writer, writer_find_format_suffixes);
    tcase_add_test(writer, writer_free_null);
    tcase_set_timeout(writer, 120);
    suite_add_tcase(suite, writer);
    return run_suite(suite);
}
