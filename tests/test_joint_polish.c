/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint_polish.h"

#include "joint_case.h"

START_TEST(polish_solution)
{
    joint_case c;
    bool met = false;
    open_case(&c);
    lln_joint_point at = {.x = c.x + 0.02, .y = c.y - 0.01};
    lln_joint_slopes slopes = {1, 2, -0.5, -1.2};
    expect_ok(lln_joint_polish(&c.joint, 0, 2, slopes, &at, &met));
    ck_assert(met);
    ck_assert_double_le(fabs(at.difference), LLN_JOINT_SOLVED);
    expect_relative(at.x, c.x, 1e-7);
    expect_relative(at.y, c.y, 1e-7);
    close_case(&c);
}
END_TEST

START_TEST(settle_point)
{
    joint_case c;
    bool met = false;
    open_case(&c);
    lln_joint_point at = {.x = c.x, .y = c.y + 0.03, .slope = 2};
    expect_ok(lln_joint_settle(&c.joint, &at, &met));
    ck_assert(met);
    expect_relative(at.y, c.y, 1e-10);
    close_case(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("joint_polish");
    TCase *polish = tcase_create("polish");
    tcase_add_test(polish, polish_solution);
    tcase_add_test(polish, settle_point);
    suite_add_tcase(suite, polish);
    return run_suite(suite);
}
