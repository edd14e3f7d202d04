/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whole numbers of every type that a .npy file can have. */
#include "tensor/counts.h"

#include <math.h>

#include "expect.h"
#include "npy_file.h"

/* The numbers 1, 0, 5 as each type stores them. */
static const struct {
    const char *dtype;
    unsigned char bytes[24];
    size_t size;
} types[] = {
    {"|i1", {1, 0, 5}, 3},
    {"|u1", {1, 0, 5}, 3},
    {"<i2", {1, 0, 0, 0, 5, 0}, 6},
    {">u2", {0, 1, 0, 0, 0, 5}, 6},
    {"<i4", {1, 0, 0, 0, 0, 0, 0, 0, 5}, 12},
    {">i4", {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5}, 12},
    {"<u4", {1, 0, 0, 0, 0, 0, 0, 0, 5}, 12},
    {"<i8", {[0] = 1, [16] = 5}, 24},
    {">i8", {[7] = 1, [23] = 5}, 24},
    {"<u8", {[0] = 1, [16] = 5}, 24},
    {"<f2", {0, 0x3c, 0, 0, 0, 0x45}, 6},
    {"<f4", {0, 0, 0x80, 0x3f, 0, 0, 0, 0, 0, 0, 0xa0, 0x40}, 12},
    {">f8", {0x3f, 0xf0, [16] = 0x40, [17] = 0x14}, 24},
};

static lln_status read_counts(const char *header, const void *bytes,
                              size_t count, lln_counts *counts)
{
    size_t size;
    unsigned char *file = make_npy(1, header, bytes, count, &size);
    ck_assert(lln_counts_is_npy(file, size));
    lln_status status = lln_counts_read(file, size, counts);
    free(file);
    return status;
}

START_TEST(read_types)
{
    char header[100];
    lln_counts counts;
    sprintf(header, "{'descr': '%s', 'fortran_order': False, 'shape': (3,), }",
            types[_i].dtype);
    expect_ok(read_counts(header, types[_i].bytes, types[_i].size, &counts));
    ck_assert_uint_eq(counts.axes, 1);
    ck_assert_uint_eq(counts.count, 3);
    ck_assert(!counts.truth);
    ck_assert_uint_eq(counts.number[0], 1);
    ck_assert_uint_eq(counts.number[1], 0);
    ck_assert_uint_eq(counts.number[2], 5);
    lln_counts_free(&counts);
}
END_TEST

START_TEST(read_fortran)
{
    const unsigned char bits[] = {1, 0, 0, 1, 1, 1};
    lln_counts counts;
    expect_ok(read_counts(
        "{'descr': '|b1', 'fortran_order': True, 'shape': (2, 3), }", bits, 6,
        &counts));
    ck_assert(counts.truth);
    const size_t expected[] = {1, 0, 1, 0, 1, 1};
    for (int i = 0; i < 6; i++)
        ck_assert_uint_eq(counts.number[i], expected[i]);
    lln_counts_free(&counts);
}
END_TEST

static const struct {
    const char *dtype, *shape;
    unsigned char bytes[16];
    size_t size;
    const char *message;
} bad[] = {
    {"|i1",
     "(2,)",
     {1, 0xff},
     2,
     "entry (1,): -1; expected a whole number of at least 0"},
    {"<i8",
     "(1,)",
     {0, 0, 0, 0, 0, 0, 0, 0x80},
     8,
     "entry (0,): -9.22337e+18; expected a whole number of at least 0"},
    {"<f4",
     "(1, 1)",
     {0, 0, 0xc0, 0x3f},
     4,
     "entry (0, 0): 1.5; expected a whole number of at least 0"},
    {"<f2",
     "(1,)",
     {0, 0x7c},
     2,
     "entry (0,): inf; expected a whole number of at least 0"},
    {"<i4", "(2,)", {1}, 4, "4 bytes of data, expected 8"},
    {"<i4", "(0,)", {0}, 0, "shape (0,): no elements"},
    {"<f4", "(0,)", {0}, 0, "shape (0,): no elements"},
    {"<U3",
     "(1,)",
     {0},
     12,
     "dtype '<U3'; expected integers, booleans or floats"},
    {"|O", "(1,)", {0}, 8, "dtype '|O'; expected integers, booleans or floats"},
    {"<i16",
     "(1,)",
     {0},
     16,
     "dtype '<i16'; expected integers, booleans or floats"},
};

START_TEST(read_refused)
{
    char header[100];
    lln_counts counts;
    sprintf(header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
            bad[_i].dtype, bad[_i].shape);
    expect_status(read_counts(header, bad[_i].bytes, bad[_i].size, &counts),
                  LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), bad[_i].message);
    ck_assert_ptr_null(counts.number);
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

int main(void)
{
    Suite *suite = suite_create("counts");
    TCase *counts = tcase_create("lln_counts");
    tcase_add_loop_test(counts, read_types, 0, COUNT(types));
    tcase_add_test(counts, read_fortran);
    tcase_add_loop_test(counts, read_refused, 0, COUNT(bad));
    suite_add_tcase(suite, counts);
    return run_suite(suite);
}
