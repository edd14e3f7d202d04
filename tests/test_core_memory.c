/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/memory.h"

#include <stdint.h>

#include "expect.h"

START_TEST(size_multiply)
{
    size_t product;
    expect_ok(lln_size_multiply(4294967295, 4294967297, &product));
    ck_assert_uint_eq(product, SIZE_MAX);
    expect_status(lln_size_multiply(4294967296, 4294967296, &product),
                  LLN_ENOMEM);
    ck_assert_str_eq(lln_error_message(),
                     "4294967296 x 4294967296 elements: too large");
}
END_TEST

START_TEST(array_alloc)
{
    double *array = lln_array_alloc(7, sizeof *array);
    ck_assert_uint_eq((uintptr_t)array % 64, 0);
    for (int i = 0; i < 7; i++)
        ck_assert(array[i] == 0);
    free(array);
    array = lln_array_alloc(0, sizeof *array);
    ck_assert_ptr_nonnull(array);
    free(array);
    ck_assert_ptr_null(lln_array_alloc(SIZE_MAX / 16, 8));
    ck_assert_ptr_null(lln_array_alloc(SIZE_MAX / 8, 16));
}
END_TEST

/* Small and large; the address is that of a page of 2 MiB. */
START_TEST(array_alloc_swept)
{
    size_t count = _i ? 700000 : 3;
    double *array = lln_array_alloc_swept(count, sizeof *array);
    ck_assert_ptr_nonnull(array);
    ck_assert_uint_eq((uintptr_t)array % (_i ? 1 << 21 : 64), 0);
    array[0] = array[count - 1] = 2.5;
    ck_assert(array[0] == array[count - 1]);
    free(array);
    ck_assert_ptr_null(lln_array_alloc_swept(SIZE_MAX / 2, 4));
}
END_TEST

/* The elements stay, and the array moves once for each doubling. */
START_TEST(array_grow)
{
    size_t *array = NULL, moved = 0;
    for (size_t i = 0; i < 1000; i++) {
        size_t *grown = lln_array_grow(array, i, sizeof *grown);
        ck_assert_ptr_nonnull(grown);
        moved += (i & (i - 1)) == 0;
        ck_assert(grown == array || (i & (i - 1)) == 0);
        array = grown;
        array[i] = 3 * i + 2;
    }
    ck_assert_uint_eq(moved, 11);
    for (size_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(array[i], 3 * i + 2);
    free(array);
}
END_TEST

START_TEST(array_grow_too_large)
{
    char *array = lln_array_grow(NULL, 0, 1);
    *array = 'x';
    ck_assert_ptr_null(lln_array_grow(array, SIZE_MAX / 2 + 1, 2));
    ck_assert_ptr_null(lln_array_grow(array, (size_t)1 << 60, 4));
    ck_assert_int_eq(*array, 'x');
    free(array);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *memory = tcase_create("memory");
    tcase_add_test(memory, size_multiply);
    tcase_add_test(memory, array_alloc);
    tcase_add_loop_test(memory, array_alloc_swept, 0, 2);
    tcase_add_test(memory, array_grow);
    tcase_add_test(memory, array_grow_too_large);
    suite_add_tcase(suite, memory);
    return run_suite(suite);
}
