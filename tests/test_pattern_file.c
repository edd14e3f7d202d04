/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/pattern_file.h"

#include "expect.h"
#include "npy_file.h"

static void write_array(const char *dtype, const char *shape, const void *data,
                        size_t bytes)
{
    char header[128];
    size_t size;
    snprintf(header, sizeof header,
             "{'descr': '%s', 'fortran_order': False, 'shape': %s}", dtype,
             shape);
    unsigned char *file = make_npy(1, header, data, bytes, &size);
    write_bytes("w.npy", file, size);
    free(file);
}

/* Head 1 of 2 with 2 queries and 3 keys. */
static const lln_head head = {.q = {LLN_FLOAT32, 2, 1, NULL},
                              .k = {LLN_FLOAT32, 3, 1, NULL},
                              .queries = 2,
                              .keys = 3,
                              .head = 1,
                              .at.head = 1,
                              .of = {1, 1, 2}};

static void expect_row(size_t i, size_t first, size_t count,
                       const double *wanted)
{
    lln_pattern_file *file;
    lln_pattern_grid grid;
    double row[3];
    expect_ok(lln_pattern_file_open("w.npy", &file));
    ck_assert_str_eq(lln_pattern_file_name(file), "w.npy");
    expect_ok(lln_pattern_file_find(file, &head, &grid));
    expect_ok(lln_pattern_row(&grid, i, first, count, row));
    for (size_t j = 0; j < count; j++)
        ck_assert(row[j] == wanted[j]);
    lln_pattern_file_close(file);
}

START_TEST(rows_of_types)
{
    static const float real[] = {0, 1, 0.5f, -2, 0, 3};
    static const double wanted[] = {-2, 0, 3}, ones[] = {1, 0, 1};
    static const unsigned char flags[] = {0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 1};
    static const long whole[] = {0, 1, 1, 7, 0, 1};
    write_array("<f4", "(2, 3)", real, sizeof real);
    expect_row(1, 0, 3, wanted);
    expect_row(1, 2, 1, wanted + 2);
    write_array("|b1", "(2, 2, 3)", flags, sizeof flags); /* of each head */
    expect_row(1, 0, 3, ones);
    write_array("|u1", "(2, 2, 3)", flags, sizeof flags);
    expect_row(1, 0, 3, ones);
    write_array("<i8", "(2, 3)", whole, sizeof whole);
    const double seven[] = {7, 0, 1};
    expect_row(1, 0, 3, seven);
}
END_TEST

START_TEST(refused)
{
    static const float bad[] = {0, 1, NAN, INFINITY, 0, 3};
    static const int negative[] = {0, 1, -1, 1, 0, 3};
    lln_pattern_file *file;
    lln_pattern_grid grid;
    double row[3];
    write_array("<f4", "(2, 3)", bad, sizeof bad);
    expect_ok(lln_pattern_file_open("w.npy", &file));
    expect_ok(lln_pattern_file_find(file, &head, &grid));
    expect_status(lln_pattern_row(&grid, 1, 0, 3, row), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "--pattern: inf for query 1 and key 0; expected finite "
                     "numbers");
    lln_pattern_file_close(file);
    write_array("<f4", "(3, 2)", bad, sizeof bad);
    expect_ok(lln_pattern_file_open("w.npy", &file));
    expect_status(lln_pattern_file_find(file, &head, &grid), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "--pattern: w.npy: shape (3, 2); expected (2, 3) or (2, "
                     "2, 3)");
    lln_pattern_file_close(file);
    write_array("<i4", "(2, 3)", negative, sizeof negative);
    expect_status(lln_pattern_file_open("w.npy", &file), LLN_EFORMAT);
    ck_assert_ptr_null(file);
    expect_status(lln_pattern_file_open("-", &file), LLN_EINVAL);
    expect_status(lln_pattern_file_open("none.npy", &file), LLN_EIO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pattern_file");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, enter_folder, remove_folder);
    tcase_add_test(files, rows_of_types);
    tcase_add_test(files, refused);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
