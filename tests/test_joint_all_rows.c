/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint_all_rows.h"

#include "joint_case.h"

START_TEST(whole_solution)
{
    joint_case c;
    lln_joint_outcome out;
    double nearest = INFINITY;
    open_case(&c);
    expect_ok(lln_joint_search_all_rows(&c.joint, &out));
    ck_assert_uint_ge(out.count, 1);
    for (size_t i = 0; i < out.count; i++)
        nearest = fmin(nearest, fabs(out.solutions[i].x - c.x));
    expect_absolute(nearest, 0, 1e-6);
    close_case(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("joint_all_rows");
    TCase *whole = tcase_create("whole");
    tcase_add_test(whole, whole_solution);
    suite_add_tcase(suite, whole);
    return run_suite(suite);
}
