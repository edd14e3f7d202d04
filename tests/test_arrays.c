/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/arrays.h"

#include "named_file.h"

enum { ARRAYS = 6, NUMBERS = 40 };

static const char *const keys[] = {"a", "b", "c", "d", "e", "f", NULL};

/* All arrays of x. */
static lln_arrays *open_arrays(size_t numbers[ARRAYS])
{
    lln_arrays *arrays = lln_arrays_alloc();
    lln_container *file, *again;
    write_named("x", keys, "[8,5]", NUMBERS);
    expect_ok(lln_arrays_file(arrays, "x", &file));
    expect_ok(lln_arrays_file(arrays, "x", &again));
    ck_assert_ptr_eq(file, again);
    for (size_t a = 0; a < ARRAYS; a++)
        expect_ok(lln_arrays_add(arrays, file, a, &numbers[a]));
    return arrays;
}

static void expect_numbers(const lln_tensor *tensor, size_t a)
{
    for (size_t i = 0; i < NUMBERS; i++)
        ck_assert(lln_tensor_get(tensor, i) == (double)(100 * a + i) + 0.25);
}

START_TEST(arrays_add_once)
{
    size_t numbers[ARRAYS], again;
    lln_arrays *arrays = open_arrays(numbers);
    lln_container *file;
    expect_ok(lln_arrays_file(arrays, "x", &file));
    expect_ok(lln_arrays_add(arrays, file, 2, &again));
    ck_assert_uint_eq(again, numbers[2]);
    lln_tensor shape = lln_arrays_shape(arrays, again);
    ck_assert_uint_eq(shape.axes, 2);
    ck_assert_uint_eq(shape.shape[0], 8);
    ck_assert_uint_eq(shape.strides[0], 5);
    lln_arrays_free(arrays);
}
END_TEST

START_TEST(arrays_names)
{
    const double number[] = {2.385};
    size_t numbers[ARRAYS], other;
    lln_arrays *arrays = open_arrays(numbers);
    lln_container *file;
    write_doubles("q.npy", "(1, 1)", number, 1);
    expect_ok(lln_arrays_file(arrays, "q.npy", &file));
    expect_ok(lln_arrays_add(arrays, file, 0, &other));
    ck_assert_str_eq(lln_arrays_name(arrays, other), "q.npy");
    ck_assert_str_eq(lln_arrays_name(arrays, numbers[1]), "x: key 'b'");
    ck_assert_str_eq(lln_arrays_name_after(arrays, numbers[1], numbers[2]),
                     "key 'b'");
    ck_assert_str_eq(lln_arrays_name_after(arrays, numbers[1], other),
                     "x: key 'b'");
    ck_assert_str_eq(lln_arrays_name_after(arrays, other, other), "q.npy");
    lln_arrays_free(arrays);
}
END_TEST

START_TEST(arrays_missing_file)
{
    lln_arrays *arrays = lln_arrays_alloc();
    lln_container *file;
    expect_status(lln_arrays_file(arrays, "y", &file), LLN_EIO);
    ck_assert_str_eq(lln_error_message(), "y: No such file or directory");
    lln_arrays_free(arrays);
    lln_arrays_free(NULL);
}
END_TEST

/* Arrays that are held stay; others may be read again. */
START_TEST(arrays_hold_and_drop)
{
    size_t numbers[ARRAYS];
    lln_tensor first, second, other;
    lln_arrays *arrays = open_arrays(numbers);
    expect_ok(lln_arrays_hold(arrays, numbers[0], &first));
    expect_ok(lln_arrays_hold(arrays, numbers[0], &second));
    ck_assert_ptr_eq(first.data, second.data);
    lln_arrays_drop(arrays, numbers[0]);
    for (size_t a = 1; a < ARRAYS; a++) {
        expect_ok(lln_arrays_hold(arrays, numbers[a], &other));
        expect_numbers(&other, a);
        lln_arrays_drop(arrays, numbers[a]);
        expect_numbers(&first, 0);
    }
    lln_arrays_drop(arrays, numbers[0]);
    expect_ok(lln_arrays_hold(arrays, numbers[3], &other));
    expect_ok(lln_arrays_hold(arrays, numbers[0], &first));
    expect_numbers(&first, 0);
    lln_arrays_free(arrays);
}
END_TEST

START_TEST(arrays_hold_in_threads)
{
    size_t numbers[ARRAYS];
    int wrong = 0;
    lln_arrays *arrays = open_arrays(numbers);
#pragma omp parallel for num_threads(4) schedule(dynamic) reduction(+ : wrong)
    for (size_t i = 0; i < 2000; i++) {
        size_t a = i * 7 / 3 % ARRAYS;
        lln_tensor tensor;
        if (lln_arrays_hold(arrays, numbers[a], &tensor) != LLN_OK) {
            wrong++;
            continue;
        }
        wrong += lln_tensor_get(&tensor, i % NUMBERS) !=
                 (double)(100 * a + i % NUMBERS) + 0.25;
        lln_arrays_drop(arrays, numbers[a]);
    }
    ck_assert_int_eq(wrong, 0);
    lln_arrays_free(arrays);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arrays");
    TCase *files = tcase_create("arrays");
    tcase_add_checked_fixture(files, enter_folder, remove_folder);
    tcase_add_test(files, arrays_add_once);
    tcase_add_test(files, arrays_names);
    tcase_add_test(files, arrays_missing_file);
    tcase_add_test(files, arrays_hold_and_drop);
    tcase_add_test(files, arrays_hold_in_threads);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
