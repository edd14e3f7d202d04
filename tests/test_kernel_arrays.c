/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays of kernels: which part belongs to which head. */
#include "heads/kernel_arrays.h"

#include "named_file.h"

/* A head of layer 7 at batch 1, layer 0, head 5 of [2, 1, 6]. */
static const lln_head head = {
    .layer = 7, .head = 5, .at = {1, 0, 5}, .of = {2, 1, 6}};

/* The matrix of the first array of a list; the caller frees it. Its shape is
 * known before it is read. */
static lln_matrix_output load(const char *text, const char *layout)
{
    lln_kernel_arrays *arrays;
    lln_matrix_output values;
    lln_matrix shape;
    expect_ok(
        lln_kernel_arrays_open(text, &(lln_axes){.letters = layout}, &arrays));
    ck_assert_uint_eq(lln_kernel_arrays_count(arrays), 1);
    expect_ok(lln_kernel_arrays_shape(arrays, 0, &head, &shape));
    expect_ok(lln_kernel_arrays_load(arrays, 0, &head, &values));
    ck_assert_uint_eq(shape.rows, values.rows);
    ck_assert_uint_eq(shape.columns, values.columns);
    ck_assert_ptr_null(shape.data);
    lln_kernel_arrays_free(arrays);
    return values;
}

static void expect_values(const char *text, const char *layout, size_t rows,
                          size_t columns, double first, double last)
{
    lln_matrix_output loaded = load(text, layout);
    lln_matrix values = lln_matrix_written(loaded);
    ck_assert_int_eq(values.precision, LLN_FLOAT64);
    ck_assert_uint_eq(values.rows, rows);
    ck_assert_uint_eq(values.columns, columns);
    expect_relative(lln_matrix_get(values, 0, 0), first, 0);
    expect_relative(lln_matrix_get(values, rows - 1, columns - 1), last, 0);
    free(loaded.data);
}

static void write_series(const char *path, const char *shape, size_t count)
{
    double *numbers = malloc(count * sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        numbers[i] = (double)i;
    write_doubles(path, shape, numbers, count);
    free(numbers);
}

START_TEST(same_for_all)
{
    write_series("one.npy", "(5,)", 5);
    expect_values("beta=one.npy", "bhnd", 5, 1, 0, 4);
    write_series("two.npy", "(3,4)", 12);
    expect_values("w=two.npy", "bhnd", 3, 4, 0, 11);
    expect_values("w=two.npy", NULL, 3, 4, 0, 11);
}
END_TEST

/* Each head has its own part; heads, layers or batches share one. */
START_TEST(by_layout)
{
    write_series("a.npy", "(2,6,3,4)", 144);
    expect_values("gate=a.npy", "bhnd", 3, 4, 132, 143);
    write_series("a.npy", "(2,3,3,4)", 72);
    expect_values("gate=a.npy", "bhnd", 3, 4, 60, 71);
    write_series("a.npy", "(1,6,3,4)", 72);
    expect_values("gate=a.npy", "bhnd", 3, 4, 60, 71);
    write_series("a.npy", "(2,3,6,4)", 144); /* tokens before heads */
    expect_values("gate=a.npy", "bnhd", 3, 4, 92, 143);
}
END_TEST

START_TEST(by_name)
{
    static const char *const keys[] = {"l2.g", "l7.g", "gate", NULL};
    write_named("x", keys, "[3,2]", 6);
    expect_values("gate=x", NULL, 3, 2, 200.25, 205.25);
    expect_values("gate=x:l7.g", NULL, 3, 2, 100.25, 105.25);
    expect_values("gate=x:l{layer}.g", NULL, 3, 2, 100.25, 105.25);
}
END_TEST

/* -inf is a threshold that all logits pass. The kernel decides about NaN. */
START_TEST(any_number)
{
    const double numbers[] = {-INFINITY, NAN, 1.5};
    write_doubles("t.npy", "(3,)", numbers, 3);
    expect_values("theta=t.npy", NULL, 3, 1, -INFINITY, 1.5);
}
END_TEST

static void expect_open(lln_status status, const char *text,
                        const char *message)
{
    lln_kernel_arrays *arrays;
    expect_status(
        lln_kernel_arrays_open(text, &(lln_axes){.letters = NULL}, &arrays),
        status);
    ck_assert_str_eq(lln_error_message(), message);
    ck_assert_ptr_null(arrays);
}

START_TEST(open_refused)
{
    static const char *const keys[] = {"a", "b", NULL};
    write_named("x", keys, "[3,2]", 6);
    expect_open(LLN_EINVAL, "gate", "'gate': expected NAME=FILE[:KEY]");
    expect_open(LLN_EINVAL, "=x", "'=x': expected NAME=FILE[:KEY]");
    expect_open(LLN_EINVAL, "w=", "'w=': expected NAME=FILE[:KEY]");
    expect_open(LLN_EINVAL, "a=x,a=x", "'a' is given twice");
    expect_open(LLN_EINVAL, "a=-", "'a=-': expected the name of a file");
    expect_open(LLN_EIO, "a=y", "y: No such file or directory");
    expect_open(LLN_EFORMAT, "w=x",
                "x: key 'w': no such array; the file contains a, b");
    expect_open(LLN_EFORMAT, "w=x:{layer}",
                "x: no array name matches '{layer}'; found 'a', 'b'");
    lln_kernel_arrays_free(NULL); /* legal */
}
END_TEST

static void expect_load(const char *text, const char *message)
{
    lln_kernel_arrays *arrays;
    lln_matrix_output values;
    lln_matrix shape;
    expect_ok(
        lln_kernel_arrays_open(text, &(lln_axes){.letters = "bhnd"}, &arrays));
    expect_status(lln_kernel_arrays_load(arrays, 0, &head, &values),
                  LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), message);
    lln_fail(LLN_OK, "none");
    expect_status(lln_kernel_arrays_shape(arrays, 0, &head, &shape),
                  LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), message);
    lln_kernel_arrays_free(arrays);
}

START_TEST(load_refused)
{
    static const char *const keys[] = {"l2.g", "l3.g", NULL};
    write_series("a.npy", "(2,4,3,4)", 96);
    expect_load("g=a.npy", "a.npy: 4 heads; the queries have 6: expected a "
                           "number that divides it");
    write_series("a.npy", "(3,6,2,2)", 72);
    expect_load("g=a.npy", "a.npy: 3 batch entries; the queries have 2: "
                           "expected 1 or the same number");
    write_series("a.npy", "(6,3,4)", 72);
    expect_load("g=a.npy", "a.npy: shape (6, 3, 4) does not have layout "
                           "'bhnd'; expected hnd or nhd");
    write_named("x", keys, "[3,2]", 6);
    expect_load("gate=x:l{layer}.g", "x: no array 'gate' for layer 7, head 5");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_arrays");
    TCase *arrays = tcase_create("lln_kernel_arrays");
    tcase_add_checked_fixture(arrays, enter_folder, remove_folder);
    tcase_add_test(arrays, same_for_all);
    tcase_add_test(arrays, by_layout);
    tcase_add_test(arrays, by_name);
    tcase_add_test(arrays, any_number);
    tcase_add_test(arrays, open_refused);
    tcase_add_test(arrays, load_refused);
    suite_add_tcase(suite, arrays);
    return run_suite(suite);
}
