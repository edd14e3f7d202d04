/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint_curve.h"

#include "joint_case.h"

START_TEST(curve_grid)
{
    joint_case c;
    open_case(&c);
    expect_relative(lln_joint_grid_x(&c.joint, 0), log(200), 1e-14);
    expect_relative(lln_joint_grid_x(&c.joint, LLN_JOINT_GRID - 1), log(0.25),
                    1e-13);
    close_case(&c);
}
END_TEST

/* Values of 2 - i + 3 i^2. */
START_TEST(curve_extrapolate)
{
    static const double y[] = {2, 4, 12};
    expect_relative(lln_joint_extrapolate(y, 3), 26, 1e-14);
    expect_relative(lln_joint_extrapolate(y, 2), 6, 1e-14);
    expect_relative(lln_joint_extrapolate(y, 1), 2, 1e-14);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("joint_curve");
    TCase *curve = tcase_create("curve");
    tcase_add_test(curve, curve_grid);
    tcase_add_test(curve, curve_extrapolate);
    suite_add_tcase(suite, curve);
    return run_suite(suite);
}
