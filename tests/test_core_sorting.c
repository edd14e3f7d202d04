/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "core/sorting.h"

START_TEST(compare_sizes)
{
    const size_t a = SIZE_MAX - 1, b = SIZE_MAX;
    ck_assert_int_eq(lln_compare_sizes(&a, &b), -1);
    ck_assert_int_eq(lln_compare_sizes(&b, &a), 1);
    ck_assert_int_eq(lln_compare_sizes(&b, &b), 0);
}
END_TEST

START_TEST(compare_reals)
{
    const double a = -INFINITY, b = 2.385, c = 2.386;
    ck_assert_int_eq(lln_compare_reals(&a, &b), -1);
    ck_assert_int_eq(lln_compare_reals(&c, &b), 1);
    ck_assert_int_eq(lln_compare_reals(&b, &b), 0);
}
END_TEST

START_TEST(sort_unique)
{
    size_t numbers[] = {7, 3, 11, 3, 7, 7};
    const size_t sorted[] = {3, 7, 11};
    ck_assert_uint_eq(lln_sort_unique(numbers, 6), 3);
    ck_assert_mem_eq(numbers, sorted, sizeof sorted);
    ck_assert_uint_eq(lln_sort_unique(numbers, 1), 1);
    ck_assert_uint_eq(lln_sort_unique(NULL, 0), 0);
}
END_TEST

/* Against qsort: both signs, infinities, zeros, subnormal and equal values. */
START_TEST(sort_reals)
{
    static const size_t counts[] = {0, 1, 2, 255, 256, 257, 100000};
    size_t count = counts[_i];
    double *values = calloc(count + 1, sizeof *values);
    double *expected = calloc(count + 1, sizeof *expected);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = lln_random_number(3, i);
        double x = ldexp((double)(int64_t)bits, (int)(bits % 2000) - 1100);
        values[i] = i % 7 == 0 ? (double)(i % 5) : x;
        if (i % 1000 == 11)
            values[i] = i % 2 ? INFINITY : -INFINITY;
    }
    memcpy(expected, values, count * sizeof *values);
    qsort(expected, count, sizeof *expected, lln_compare_reals);
    ck_assert_int_eq(lln_sort_reals(values, count), LLN_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert(values[i] == expected[i]);
    free(values);
    free(expected);
}
END_TEST

/* All values equal: no digit has anything to do. */
START_TEST(sort_reals_equal)
{
    double values[300];
    for (size_t i = 0; i < 300; i++)
        values[i] = -2.385;
    ck_assert_int_eq(lln_sort_reals(values, 300), LLN_OK);
    for (size_t i = 0; i < 300; i++)
        ck_assert(values[i] == -2.385);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/sorting");
    TCase *sorting = tcase_create("lln_sorting");
    tcase_add_test(sorting, compare_sizes);
    tcase_add_test(sorting, compare_reals);
    tcase_add_test(sorting, sort_unique);
    tcase_add_loop_test(sorting, sort_reals, 0, 7);
    tcase_add_test(sorting, sort_reals_equal);
    suite_add_tcase(suite, sorting);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
