/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Derivatives at alpha = 1.5, beta = 1.7 on case C, by differences of fourth
 * order of a dense numpy program (steps 0.01 and 0.003 agree to 2e-8). */
#include "match/sensitivity.h"

#include "cases.h"
#include "core/threads.h"

START_TEST(measure_case)
{
    lln_head head = case_head("C", _i ? LLN_FLOAT32 : LLN_FLOAT64, false);
    lln_sensitivity s;
    expect_ok(lln_sensitivity_measure(&head, 1.5, 1.7, &s));
    double tolerance = _i ? 2e-6 : 5e-8;
    expect_absolute(s.variance_alpha, 0.746998616939, tolerance);
    expect_absolute(s.entropy_alpha, -0.199066403095, tolerance);
    expect_absolute(s.variance_beta, 2.12876459569, tolerance);
    expect_absolute(s.entropy_beta, -0.722895521485, tolerance);
    lln_head_free(&head);
}
END_TEST

/* One feature: P is a softmax of beta k, D2 = beta^2 Var k, and alpha has no
 * effect. */
START_TEST(measure_one_feature)
{
    static const double q[] = {1, 2, 5}, k[] = {0.5, 1, -2};
    lln_head head = {.q = {LLN_FLOAT64, 3, 1, q}, .k = {LLN_FLOAT64, 3, 1, k}};
    lln_sensitivity s;
    expect_ok(lln_sensitivity_measure(&head, 1.1, 0.7, &s));
    expect_absolute(s.variance_alpha, 0, 1e-9);
    expect_absolute(s.entropy_alpha, 0, 1e-9);
    expect_absolute(s.variance_beta, 2, 1e-9);
    head.k.rows = 1;
    expect_ok(lln_sensitivity_measure(&head, 1.1, 0.7, &s));
    ck_assert(isnan(s.variance_alpha) && isnan(s.variance_beta));
    expect_absolute(s.entropy_beta, 0, 0);
}
END_TEST

START_TEST(measure_statuses)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_sensitivity s;
    expect_status(lln_sensitivity_measure(&head, NAN, 1, &s), LLN_EINVAL);
    lln_stop_requested = 1;
    expect_status(lln_sensitivity_measure(&head, 1, 1, &s), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sensitivity");
    TCase *measure = tcase_create("sensitivity");
    tcase_add_loop_test(measure, measure_case, 0, 2);
    tcase_add_test(measure, measure_one_feature);
    tcase_add_test(measure, measure_statuses);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
