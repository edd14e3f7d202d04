/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading of .npy files, valid and invalid. The bits of numbers below are those
 * of Python's struct.pack. */
#include "tensor/container.h"

#include <sys/stat.h>

#include "expect.h"
#include "npy_file.h"

/* 2.385 and -0.07 rounded to each type, in both byte orders. */
static const unsigned char f2_little[] = {0xc5, 0x40, 0x7b, 0xac};
static const unsigned char f2_big[] = {0x40, 0xc5, 0xac, 0x7b};
static const unsigned char f4_little[] = {0xd7, 0xa3, 0x18, 0x40,
                                          0x29, 0x5c, 0x8f, 0xbd};
static const unsigned char f4_big[] = {0x40, 0x18, 0xa3, 0xd7,
                                       0xbd, 0x8f, 0x5c, 0x29};
static const unsigned char f8_little[] = {0x14, 0xae, 0x47, 0xe1, 0x7a, 0x14,
                                          0x03, 0x40, 0xec, 0x51, 0xb8, 0x1e,
                                          0x85, 0xeb, 0xb1, 0xbf};
static const unsigned char f8_big[] = {0x40, 0x03, 0x14, 0x7a, 0xe1, 0x47,
                                       0xae, 0x14, 0xbf, 0xb1, 0xeb, 0x85,
                                       0x1e, 0xb8, 0x51, 0xec};

static const struct {
    const char *descr;
    const unsigned char *data;
    size_t bytes;
    double first, second;
} dtypes[] = {
    {"<f2", f2_little, sizeof f2_little, 0x1.314p1, -0x1.1ecp-4},
    {">f2", f2_big, sizeof f2_big, 0x1.314p1, -0x1.1ecp-4},
    {"<f4", f4_little, sizeof f4_little, 2.385f, -0.07f},
    {">f4", f4_big, sizeof f4_big, 2.385f, -0.07f},
    {"<f8", f8_little, sizeof f8_little, 2.385, -0.07},
    {">f8", f8_big, sizeof f8_big, 2.385, -0.07},
};

static void expect_message(const char *expected)
{
    ck_assert_str_eq(lln_error_message(), expected);
}

/* Opens a file and reads its array; after a failure nothing is open. */
static lln_status open_npy(const char *path, lln_container **file,
                           lln_tensor *tensor)
{
    LLN_TRY(lln_container_open(path, file));
    lln_status status = lln_container_read(*file, 0, tensor);
    if (status != LLN_OK)
        lln_container_close(*file);
    return status;
}

/* Opens x.npy with this header and these doubles. */
static lln_status open_header(const char *header, size_t doubles,
                              lln_container **file, lln_tensor *tensor)
{
    double data[64];
    for (int i = 0; i < 64; i++)
        data[i] = i + 0.25;
    ck_assert_uint_le(doubles, 64);
    write_npy("x.npy", 1, header, data, doubles * sizeof *data);
    return open_npy("x.npy", file, tensor);
}

START_TEST(npy_open_dtypes)
{
    lln_container *file;
    lln_tensor tensor;
    char header[100];
    snprintf(header, sizeof header,
             "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }",
             dtypes[_i].descr);
    write_npy("x.npy", 1, header, dtypes[_i].data, dtypes[_i].bytes);
    expect_ok(open_npy("x.npy", &file, &tensor));
    ck_assert_uint_eq(tensor.axes, 1);
    ck_assert_uint_eq(tensor.shape[0], 2);
    ck_assert(lln_tensor_get(&tensor, 0) == dtypes[_i].first);
    ck_assert(lln_tensor_get(&tensor, 1) == dtypes[_i].second);

    lln_tensor_slice row = {.rows = 1, .columns = 2, .column_stride = 1};
    double wide[2];
    float narrow[2];
    size_t bad;
    expect_ok(lln_tensor_copy(&tensor, &row, LLN_FLOAT64, wide, &bad));
    ck_assert_uint_eq(bad, 2);
    ck_assert(wide[0] == dtypes[_i].first && wide[1] == dtypes[_i].second);
    expect_ok(lln_tensor_copy(&tensor, &row, LLN_FLOAT32, narrow, &bad));
    ck_assert_uint_eq(bad, 2);
    ck_assert(narrow[0] == (float)dtypes[_i].first);
    ck_assert(narrow[1] == (float)dtypes[_i].second);
    lln_container_close(file);
}
END_TEST

START_TEST(npy_open_versions)
{
    lln_container *file;
    lln_tensor tensor;
    const double data[] = {2.385, -0.07, 1e300};
    write_npy("x.npy", _i,
              "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3), }  ",
              data, sizeof data);
    expect_ok(open_npy("x.npy", &file, &tensor));
    ck_assert_uint_eq(tensor.axes, 2);
    ck_assert(lln_tensor_get(&tensor, 2) == 1e300);
    lln_container_close(file);
}
END_TEST

/* Element (i, j, k) of (2, 3, 4), counted 0.25, 1.25, ... in the file. */
static double element(const lln_tensor *t, size_t i, size_t j, size_t k)
{
    return lln_tensor_get(t, i * t->strides[0] + j * t->strides[1] +
                                 k * t->strides[2]);
}

START_TEST(npy_open_orders)
{
    lln_container *file;
    lln_tensor t;
    expect_ok(open_header("{'descr': '<f8', 'fortran_order': False, "
                          "'shape': (2, 3, 4)}",
                          24, &file, &t));
    ck_assert(element(&t, 1, 2, 3) == 23.25 && element(&t, 1, 0, 2) == 14.25);
    lln_container_close(file);
    expect_ok(open_header("{'descr': '<f8', 'fortran_order': True, "
                          "'shape': (2, 3, 4)}",
                          24, &file, &t));
    ck_assert(element(&t, 1, 2, 3) == 23.25 && element(&t, 1, 0, 2) == 13.25);
    lln_container_close(file);
}
END_TEST

static const char *good_headers[] = {
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
    "{'shape':(2,3),'fortran_order':False,'descr':'<f8'}",
    " { \"descr\" : \"<f8\" , \"shape\" : ( 2 , 3 , ) ,\"fortran_order\" : "
    "False , } ",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3L), }",
    "{'descr': '=f8', 'fortran_order': False, 'shape': (2, 3), }",
    "{'descr': '|f8', 'fortran_order': False, 'shape': (2, 3), }",
    "{'descr': 'f8', 'fortran_order': False, 'shape': (2, 3), }",
};

START_TEST(npy_open_headers)
{
    lln_container *file;
    lln_tensor t;
    expect_ok(open_header(good_headers[_i], 6, &file, &t));
    ck_assert_uint_eq(t.axes, 2);
    ck_assert_uint_eq(t.shape[0], 2);
    ck_assert_uint_eq(t.shape[1], 3);
    ck_assert(lln_tensor_get(&t, 5) == 5.25);
    lln_container_close(file);
}
END_TEST

#define WITH_DTYPE(descr)                                                      \
    "{'descr': " descr ", 'fortran_order': False, 'shape': (2,)}"
#define WITH_SHAPE(shape)                                                      \
    "{'descr': '<f8', 'fortran_order': False, 'shape': " shape "}"
#define DTYPES "; expected float16, float32 or float64"

static const struct {
    const char *header, *message;
} bad_headers[] = {
    {WITH_DTYPE("'<i8'"), "x.npy: dtype '<i8': integers" DTYPES},
    {WITH_DTYPE("'|u1'"), "x.npy: dtype '|u1': integers" DTYPES},
    {WITH_DTYPE("'|b1'"), "x.npy: dtype '|b1': booleans" DTYPES},
    {WITH_DTYPE("'<c16'"), "x.npy: dtype '<c16': complex numbers" DTYPES},
    {WITH_DTYPE("'<f16'"),
     "x.npy: dtype '<f16': floats of another size" DTYPES},
    {WITH_DTYPE("'|O'"),
     "x.npy: dtype '|O': pickled objects are never read" DTYPES},
    {WITH_DTYPE("'<U4'"), "x.npy: dtype '<U4': text" DTYPES},
    {WITH_DTYPE("'|S4'"), "x.npy: dtype '|S4': text" DTYPES},
    {WITH_DTYPE("'<M8[ns]'"), "x.npy: dtype '<M8[ns]': dates" DTYPES},
    {WITH_DTYPE("'<m8[s]'"), "x.npy: dtype '<m8[s]': time spans" DTYPES},
    {WITH_DTYPE("'<V2'"),
     "x.npy: dtype '<V2': raw bytes (bfloat16 is no .npy type)" DTYPES},
    {WITH_DTYPE("'?'"), "x.npy: dtype '?': booleans" DTYPES},
    {WITH_DTYPE("''"), "x.npy: dtype '': unknown" DTYPES},
    {WITH_DTYPE("'<>f8'"), "x.npy: dtype '<>f8': unknown" DTYPES},
    {WITH_DTYPE("[('a', '<f8')]"), "x.npy: structured dtype" DTYPES},
    {WITH_DTYPE("('<f8', (2,))"), "x.npy: structured dtype" DTYPES},
    {WITH_DTYPE("None"),
     "x.npy: header, byte 10: expected a dtype such as '<f4'"},
    {"{'descr': '<f8",
     "x.npy: header, byte 14: expected a dtype such as '<f4'"},
    {WITH_DTYPE("'\\x3cf8'"),
     "x.npy: header, byte 11: expected a dtype such as '<f4'"},
    {WITH_SHAPE("(0, 3)"), "x.npy: shape (0, 3): no elements"},
    {WITH_SHAPE("(1,1,1,1,1,1,1,1,1)"), "x.npy: more than 8 axes"},
    {WITH_SHAPE("(99999999999999999999,)"), "x.npy: shape: a number too large"},
    {WITH_SHAPE("(4294967296, 4294967296)"),
     "x.npy: shape (4294967296, 4294967296): too large"},
    {WITH_SHAPE("(2305843009213693952,)"),
     "x.npy: shape (2305843009213693952,): too large"},
    {WITH_SHAPE("(3)"), "x.npy: header, byte 52: expected ','"},
    {WITH_SHAPE("3"),
     "x.npy: header, byte 50: expected a tuple such as (512, 64)"},
    {WITH_SHAPE("(-3,)"), "x.npy: header, byte 51: expected a whole number"},
    {WITH_SHAPE("(3 4)"), "x.npy: header, byte 53: expected ','"},
    {WITH_SHAPE("(,)"), "x.npy: header, byte 51: expected a whole number"},
    {WITH_SHAPE("(2,"), "x.npy: header, byte 53: expected a whole number"},
    {WITH_SHAPE("(2,)} 7 {"),
     "x.npy: header, byte 56: expected nothing after '}'"},
    {WITH_SHAPE("(2,) 'x'"), "x.npy: header, byte 55: expected ',' or '}'"},
    {WITH_SHAPE("(3,)"), "x.npy: truncated: 16 bytes of data, expected 24"},
    {WITH_SHAPE("(1,)"), "x.npy: trailing bytes: 16 bytes of data, expected 8"},
    {WITH_SHAPE("()"), "x.npy: trailing bytes: 16 bytes of data, expected 8"},
    {"", "x.npy: header, byte 1: expected '{'"},
    {"[]", "x.npy: header, byte 0: expected '{'"},
    {"{}", "x.npy: header: no key 'descr'"},
    {"{,}", "x.npy: header, byte 1: expected a key in quotes"},
    {"{'descr': '<f8', 'shape': (2,)}",
     "x.npy: header: no key 'fortran_order'"},
    {"{'descr': '<f8', 'fortran_order': False}",
     "x.npy: header: no key 'shape'"},
    {"{'descr': '<f8', 'descr': '<f8'}",
     "x.npy: header: key 'descr' twice; expected 'descr', 'fortran_order' "
     "and 'shape'"},
    {"{'dtype': '<f8'}", "x.npy: header: key 'dtype' unknown; expected "
                         "'descr', 'fortran_order' and 'shape'"},
    {"{'descr' '<f8'}", "x.npy: header, byte 9: expected ':'"},
    {"{'fortran_order': 1}", "x.npy: header, byte 18: expected True or False"},
    {"{'a_key_longer_than_any_that_numpy_writes': 1}",
     "x.npy: header, byte 33: expected a key in quotes"},
};

START_TEST(npy_open_bad_headers)
{
    lln_container *file;
    lln_tensor t;
    expect_status(open_header(bad_headers[_i].header, 2, &file, &t),
                  LLN_EFORMAT);
    expect_message(bad_headers[_i].message);
}
END_TEST

START_TEST(npy_open_not_npy)
{
    lln_container *file;
    lln_tensor t;
    write_bytes("x.npy", "q,k\n1,2\n", 8);
    expect_status(open_npy("x.npy", &file, &t), LLN_EFORMAT);
    expect_message("x.npy: not a .npy, .npz or .safetensors file");
    write_bytes("x.npy", "\x93NUMPY\4\0", 8);
    expect_status(open_npy("x.npy", &file, &t), LLN_EFORMAT);
    expect_message("x.npy: truncated in the header");
    write_npy("x.npy", 4, WITH_SHAPE("(2,)"), NULL, 0);
    expect_status(open_npy("x.npy", &file, &t), LLN_EFORMAT);
    expect_message("x.npy: .npy version 4.0; expected 1.0, 2.0 or 3.0");
    write_bytes("x.npy", "\x93NUMPY\1\0\xff\0{}", 12);
    expect_status(open_npy("x.npy", &file, &t), LLN_EFORMAT);
    expect_message("x.npy: truncated: 2 bytes of header, expected 255");
    write_bytes("x.npy", "\x93NUMPY\2\0\xff\xff\xff\xff{}", 14);
    expect_status(open_npy("x.npy", &file, &t), LLN_EFORMAT);
    expect_message("x.npy: truncated: 2 bytes of header, expected 4294967295");
}
END_TEST

START_TEST(npy_open_no_file)
{
    lln_container *file;
    lln_tensor t;
    expect_status(open_npy("no.npy", &file, &t), LLN_EIO);
    expect_message("no.npy: No such file or directory");
    ck_assert_int_eq(mkdir("empty", 0777), 0);
    expect_status(open_npy("empty", &file, &t), LLN_EIO);
    expect_message("empty: Is a directory");
    write_bytes("empty.npy", "", 0);
    expect_status(open_npy("empty.npy", &file, &t), LLN_EFORMAT);
    expect_message("empty.npy: empty file");
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    /* there is no writer: the reader must not wait */
    expect_status(open_npy("pipe", &file, &t), LLN_EFORMAT);
    expect_message("pipe: empty file");
    expect_status(open_npy("/dev/null", &file, &t), LLN_EFORMAT);
    expect_message("/dev/null: empty file");
    expect_status(open_npy("/dev/zero", &file, &t), LLN_EIO);
    expect_message("/dev/zero: not a file or a pipe");
}
END_TEST

/* The view outlives the container here, because the bytes do. */
static lln_status parse(const unsigned char *bytes, size_t size,
                        lln_tensor *tensor)
{
    lln_container *file;
    LLN_TRY(lln_container_parse("x", bytes, size, &file));
    lln_status status = lln_container_read(file, 0, tensor);
    lln_container_close(file);
    return status;
}

/* Every prefix of a valid file is refused. Each is in an array of its own
 * length, so that the sanitizer detects a read past its end. */
START_TEST(npy_parse_prefixes)
{
    const double data[] = {2.385, -0.07};
    size_t size;
    lln_tensor t;
    unsigned char *file =
        make_npy(1, WITH_SHAPE("(2,)"), data, sizeof data, &size);
    for (size_t length = 0; length < size; length++) {
        unsigned char *part = malloc(length ? length : 1);
        memcpy(part, file, length);
        expect_status(parse(part, length, &t), LLN_EFORMAT);
        free(part);
    }
    expect_ok(parse(file, size, &t));
    free(file);
}
END_TEST

/* Random damage is refused or harmless: an accepted file can be read. */
START_TEST(npy_parse_damaged)
{
    static const char spice[] = "{}()[]'\",: 0123456789LTFfi<>=|\\\n";
    const double data[] = {2.385, -0.07};
    size_t size, bad;
    unsigned char *file =
        make_npy(1, WITH_SHAPE("(2,)"), data, sizeof data, &size);
    unsigned char *copy = malloc(size);
    srand(11);
    for (int round = 0; round < 200000; round++) {
        lln_tensor t;
        memcpy(copy, file, size);
        for (int hit = rand() % 4; hit >= 0; hit--)
            copy[6 + (size_t)rand() % (size - 6)] =
                (unsigned char)(rand() % 4
                                    ? spice[(size_t)rand() % (sizeof spice - 1)]
                                    : rand());
        if (parse(copy, size, &t) == LLN_OK) {
            lln_tensor_slice all = {
                .rows = 1, .columns = lln_tensor_count(&t), .column_stride = 1};
            expect_ok(lln_tensor_find_nonfinite(&t, &all, &bad));
        }
    }
    free(copy);
    free(file);
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

int main(void)
{
    Suite *suite = suite_create("npy");
    TCase *npy = tcase_create("npy");
    tcase_add_checked_fixture(npy, enter_folder, remove_folder);
    tcase_add_loop_test(npy, npy_open_dtypes, 0, COUNT(dtypes));
    tcase_add_loop_test(npy, npy_open_versions, 1, 4);
    tcase_add_test(npy, npy_open_orders);
    tcase_add_loop_test(npy, npy_open_headers, 0, COUNT(good_headers));
    tcase_add_loop_test(npy, npy_open_bad_headers, 0, COUNT(bad_headers));
    tcase_add_test(npy, npy_open_not_npy);
    tcase_add_test(npy, npy_open_no_file);
    tcase_add_test(npy, npy_parse_prefixes);
    tcase_add_test(npy, npy_parse_damaged);
    suite_add_tcase(suite, npy);
    return run_suite(suite);
}
