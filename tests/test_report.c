/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a match achieves, against tests/data/cases and closed forms. */
#include "cases.h"
#include "core/threads.h"
#include "match/report.h"

static lln_report report_on(const lln_head *head, double alpha, double beta)
{
    lln_report_summary softmax;
    lln_report report;
    lln_match match = {.alpha = alpha, .beta = beta};
    expect_ok(lln_report_softmax(head, false, &softmax));
    expect_ok(lln_report_match(head, &match, &softmax, &report));
    return report;
}

START_TEST(softmax_cases)
{
    const char *name = CASES[_i].name;
    lln_head head = case_head(name, LLN_FLOAT64, false);
    lln_report_summary softmax;
    expect_ok(lln_report_softmax(&head, false, &softmax));
    expect_relative(softmax.log_variance,
                    case_scalar(name, "softmax", "D2_within_row_ddof1"), 1e-12);
    expect_relative(softmax.entropy,
                    case_scalar(name, "softmax", "mean_entropy_nats"), 1e-12);
    ck_assert(isnan(softmax.lambda2));
    lln_head_free(&head);
}
END_TEST

/* The published rule on case B, from cases_matching.csv. */
START_TEST(match_case)
{
    lln_head head = case_head("B", LLN_FLOAT64, false);
    lln_report report =
        report_on(&head, 2.1501634970812313, 2.1226699706693668);
    expect_relative(report.achieved, 0.8871216576214237, 1e-12);
    expect_relative(report.relative_error,
                    0.8871216576214237 / 1.0073424127223363 - 1, 1e-11);
    expect_relative(report.entropy_gap, 4.7306998724691445 - 5.043561032933451,
                    1e-11);
    ck_assert(isnan(report.lambda2_ratio));
    lln_head_free(&head);
}
END_TEST

/* LLN_lam2 / softmax_lam2 of the row C,measured_D2 of cases_matching.csv. */
START_TEST(match_lambda2)
{
    lln_head head = case_head("C", LLN_FLOAT64, false);
    lln_report_summary softmax;
    lln_report report;
    lln_match match = {.alpha = 1.8045108940200223, .beta = 2.0682084291547778};
    expect_ok(lln_report_softmax(&head, true, &softmax));
    expect_relative(softmax.lambda2, 0.14606092507415724, 1e-9);
    expect_ok(lln_report_match(&head, &match, &softmax, &report));
    expect_relative(report.lambda2_ratio,
                    0.10880923844472729 / 0.14606092507415724, 1e-9);
    /* Not square: there is no spectrum. */
    head.q.rows = 100;
    expect_ok(lln_report_softmax(&head, true, &softmax));
    ck_assert(isnan(softmax.lambda2));
    lln_head_free(&head);
}
END_TEST

/* Equal keys: softmax is uniform, and there is no value to compare with. */
START_TEST(match_uniform)
{
    lln_head head = case_head("C", _i ? LLN_FLOAT32 : LLN_FLOAT64, false);
    size_t bytes = 16 * lln_precision_size(head.k.precision);
    for (size_t j = 1; j < 128; j++)
        memcpy((char *)head.k.data + j * bytes, head.k.data, bytes);
    lln_report_summary softmax;
    lln_report report;
    lln_match match = {.alpha = 1.25, .beta = 0.75};
    expect_ok(lln_report_softmax(&head, true, &softmax));
    expect_ok(lln_report_match(&head, &match, &softmax, &report));
    expect_absolute(report.achieved, 0, 0);
    ck_assert(isnan(report.relative_error) && isnan(report.lambda2_ratio));
    expect_absolute(report.entropy_gap, 0, 1e-7);
    lln_head_free(&head);
}
END_TEST

/* Exponents on both sides of ln 65520 = 11.09011 and of ln(2^128 - 2^119) =
 * 88.72088 (Python, math.log), with alpha = beta = 1. */
START_TEST(match_overflow)
{
    static const double q[4] = {11.0901, 11.0902, 0, -100};
    static const double k[4] = {88.7208, 88.7209, 11.0901, -3};
    lln_head head = {
        .source = "test", .layer = -1, .head = -1, .rule.scale = 1};
    head.q = (lln_matrix){LLN_FLOAT64, 2, 2, q};
    head.k = (lln_matrix){LLN_FLOAT64, 2, 2, k};
    lln_report report = report_on(&head, 1, 1);
    ck_assert_double_eq(report.max_exponent, 88.7209);
    ck_assert_double_eq(report.fp16_overflow, 3.0 / 8);
    ck_assert_double_eq(report.bf16_overflow, 1.0 / 8);
    report = report_on(&head, -1, 0.5);
    ck_assert_double_eq(report.max_exponent, 100);
    ck_assert_double_eq(report.fp16_overflow, 3.0 / 8);
    ck_assert_double_eq(report.bf16_overflow, 1.0 / 8);
}
END_TEST

/* One key in each row: there is no variance to measure. */
START_TEST(match_one_key)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    head.k.rows = 1;
    lln_report report = report_on(&head, 1, 1);
    ck_assert(isnan(report.achieved) && isnan(report.relative_error));
    ck_assert_double_eq(report.entropy_gap, 0);
    lln_head_free(&head);
}
END_TEST

START_TEST(match_statuses)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_report_summary softmax;
    lln_report report;
    lln_match match = {.alpha = NAN, .beta = 1};
    expect_ok(lln_report_softmax(&head, false, &softmax));
    expect_status(lln_report_match(&head, &match, &softmax, &report),
                  LLN_EINVAL);
    match.alpha = 1;
    lln_stop_requested = 1;
    expect_status(lln_report_match(&head, &match, &softmax, &report),
                  LLN_EINTERRUPTED);
    expect_status(lln_report_softmax(&head, false, &softmax), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *report = tcase_create("report");
    tcase_add_loop_test(report, softmax_cases, 0, CASE_COUNT);
    tcase_add_test(report, match_case);
    tcase_add_test(report, match_lambda2);
    tcase_add_loop_test(report, match_uniform, 0, 2);
    tcase_add_test(report, match_overflow);
    tcase_add_test(report, match_one_key);
    tcase_add_test(report, match_statuses);
    suite_add_tcase(suite, report);
    return run_suite(suite);
}
