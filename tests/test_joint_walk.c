/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint_walk.h"

#include "joint_case.h"

/* After the start, all signs are certain, or doubtful. */
START_TEST(walk_signs)
{
    static lln_walk w;
    joint_case c;
    open_case(&c);
    w.joint = &c.joint;
    expect_ok(lln_walk_start(&w));
    ck_assert(w.certain);
    ck_assert_uint_eq(w.count, LLN_WALK_ROWS);
    for (size_t i = 0; i < LLN_JOINT_GRID; i++) {
        lln_walk_estimate e = lln_walk_estimate_at(&w, &w.samples[i]);
        ck_assert(w.samples[i].doubtful || fabs(e.difference) > e.margin);
    }
    close_case(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("joint_walk");
    TCase *walk = tcase_create("walk");
    tcase_add_test(walk, walk_signs);
    suite_add_tcase(suite, walk);
    return run_suite(suite);
}
