/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "core/growth.h"
#include "expect.h"

/* sqrt(96 x 54) = 72. */
START_TEST(size_of_matrix)
{
    expect_relative(lln_growth_size(96, 54), 72, 1e-15);
    expect_relative(lln_growth_size(1 << 30, 1 << 30), 0x1p30, 1e-15);
}
END_TEST

START_TEST(power_of_growth)
{
    expect_relative(lln_growth_power(0.3, 1.2, 0.8, 3.2), 2, 1e-14);
    expect_relative(lln_growth_power(0.3, 0.3, 0.8, 3.2), 0.8, 1e-15);
    expect_relative(lln_growth_power(0.3, 30, 0.8, 3.2), 3.2, 1e-15);
    expect_relative(lln_growth_power(0, 30, 0.8, 3.2), 0.8, 1e-15);
    expect_relative(lln_growth_power(NAN, 30, 1, 2), 1, 1e-15);
}
END_TEST

/* 0.7 x 5^1.5 = 7.826237921249264 */
START_TEST(extrapolate_power)
{
    expect_relative(lln_growth_extrapolate(0.7, 512, 2560, 1.5),
                    7.826237921249264, 1e-14);
    expect_relative(lln_growth_extrapolate(0.7, 512, 512, 1.5), 0.7, 1e-15);
}
END_TEST

START_TEST(round_two_digits)
{
    ck_assert(lln_growth_round(0.0023851) == 0.0024);
    ck_assert(lln_growth_round(9.949) == 9.9);
    ck_assert(lln_growth_round(10.4) == 10);
    ck_assert(lln_growth_round(23851234) == 24000000);
    ck_assert(lln_growth_round(0) == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("growth");
    TCase *growth = tcase_create("lln_growth");
    tcase_add_test(growth, size_of_matrix);
    tcase_add_test(growth, power_of_growth);
    tcase_add_test(growth, extrapolate_power);
    tcase_add_test(growth, round_two_digits);
    suite_add_tcase(suite, growth);
    return run_suite(suite);
}
