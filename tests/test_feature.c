/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns of a matrix, and their means, by hand. */
#include "expect.h"
#include "measure/feature.h"

START_TEST(read_steps)
{
    float narrow[10];
    double wide[10], x[5];
    for (int i = 0; i < 10; i++)
        narrow[i] = (float)(wide[i] = 2.25 * i - 3.5);
    lln_matrix a[] = {{LLN_FLOAT32, 5, 2, narrow}, {LLN_FLOAT64, 5, 2, wide}};
    for (int p = 0; p < 2; p++) {
        lln_feature_read(a[p], 1, 2, x); /* entries 1, 5 and 9 */
        ck_assert(x[0] == -1.25 && x[1] == 7.75 && x[2] == 16.75);
        lln_feature_read(a[p], 0, 7, x);
        ck_assert(x[0] == -3.5 && x[1] == 7.75);
    }
    ck_assert_uint_eq(lln_feature_tokens(5, 1), 5);
    ck_assert_uint_eq(lln_feature_tokens(5, 2), 3);
    ck_assert_uint_eq(lln_feature_tokens(5, 7), 1);
    ck_assert_uint_eq(lln_feature_tokens(0, 3), 0);
}
END_TEST

START_TEST(centre_far_from_zero)
{
    double x[] = {1e6 + 1, 1e6 + 2, 1e6 + 4.5}, huge[] = {-4e307, 2e307, 5e307};
    lln_feature_centre(x, 3);
    expect_absolute(x[0], -1.5, 1e-10);
    expect_absolute(x[1], -0.5, 1e-10);
    expect_absolute(x[2], 2, 1e-10);
    expect_absolute(x[0] + x[1] + x[2], 0, 1e-15);
    lln_feature_centre(huge, 3);
    expect_relative(huge[0], -5e307, 1e-15);
}
END_TEST

/* 1/3 in three ways, one of them an ulp smaller; and what is not constant. */
START_TEST(centre_constant)
{
    double ninth = 1.0 / 9;
    double x[] = {1.0 / 3, 3 * ninth, 1 - 2.0 / 3}, y[] = {0, 0, 1e-300};
    lln_feature_centre(x, 3);
    ck_assert(x[0] == 0 && x[1] == 0 && x[2] == 0);
    lln_feature_centre(y, 3);
    expect_relative(y[2], 2e-300 / 3, 1e-15);
    lln_feature_centre(y, 1);
    ck_assert(y[0] == 0);
    lln_feature_centre(y, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feature");
    TCase *read = tcase_create("read"), *centre = tcase_create("centre");
    tcase_add_test(read, read_steps);
    tcase_add_test(centre, centre_far_from_zero);
    tcase_add_test(centre, centre_constant);
    suite_add_tcase(suite, read);
    suite_add_tcase(suite, centre);
    return run_suite(suite);
}
