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
    expect_ok(lln_report_softmax(head, 0, &softmax));
    expect_ok(lln_report_match(head, &match, &softmax, 0, &report));
    return report;
}

START_TEST(softmax_cases)
{
    const char *name = CASES[_i].name;
    lln_head head = case_head(name, LLN_FLOAT64, false);
    lln_report_summary softmax;
    expect_ok(lln_report_softmax(&head, 0, &softmax));
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
    expect_ok(lln_report_softmax(&head, LLN_REPORT_SPECTRUM, &softmax));
    expect_relative(softmax.lambda2, 0.14606092507415724, 1e-9);
    expect_ok(lln_report_match(&head, &match, &softmax, LLN_REPORT_SPECTRUM,
                               &report));
    expect_relative(report.lambda2_ratio,
                    0.10880923844472729 / 0.14606092507415724, 1e-9);
    /* Not square: there is no spectrum. */
    head.q.rows = 100;
    expect_ok(lln_report_softmax(&head, LLN_REPORT_SPECTRUM, &softmax));
    ck_assert(isnan(softmax.lambda2));
    lln_head_free(&head);
}
END_TEST

/* Moments of cases_scalars.csv (over all entries), and means over rows of the
 * skewness and excess kurtosis in the row by numpy. */
START_TEST(match_moments)
{
    lln_head head = case_head("C", LLN_FLOAT64, false);
    lln_report_summary softmax;
    lln_report report;
    lln_match match = {.alpha = 0.8, .beta = 0.9};
    unsigned what =
        LLN_REPORT_MOMENTS | LLN_REPORT_FEATURES | LLN_REPORT_SENSITIVITY;
    expect_ok(lln_report_softmax(&head, what, &softmax));
    expect_ok(lln_report_match(&head, &match, &softmax, what, &report));
    expect_relative(softmax.log_variance_overall, 0.78659949279450769, 1e-12);
    expect_relative(softmax.skewness, -0.35279572103531742, 1e-11);
    expect_relative(softmax.excess_kurtosis, 0.85096997837738941, 1e-11);
    expect_relative(softmax.skewness_row, 0.0116495600784446, 1e-11);
    expect_relative(softmax.excess_kurtosis_row, -0.113770083082118, 1e-11);
    expect_relative(report.lln.log_variance_overall, 0.068105486460676976,
                    1e-12);
    expect_relative(report.lln.skewness, 0.26192073231324242, 1e-11);
    expect_relative(report.lln.excess_kurtosis, 0.13875810612941386, 1e-11);
    expect_relative(report.lln.skewness_row, 0.251782154871338, 1e-11);
    expect_relative(report.lln.excess_kurtosis_row, -0.0936759412681129, 1e-11);
    ck_assert(report.features_used > 1 && report.features_used < 16);
    ck_assert(report.sensitivity.variance_beta > 0);
    expect_ok(lln_report_match(&head, &match, &softmax, 0, &report));
    ck_assert(isnan(report.lln.skewness) && isnan(report.features_used) &&
              isnan(report.sensitivity.entropy_alpha));
    lln_head_free(&head);
}
END_TEST

/* achieved and relative_error are those of what is matched. */
START_TEST(match_targets)
{
    lln_head head = case_head("C", LLN_FLOAT64, false);
    lln_report_summary softmax;
    lln_report report;
    lln_match match = {.of = LLN_TARGET_ENTROPY, .alpha = 0.8, .beta = 0.9};
    expect_ok(lln_report_softmax(&head, 0, &softmax));
    expect_ok(lln_report_match(&head, &match, &softmax, 0, &report));
    expect_relative(report.achieved,
                    case_scalar("C", "lln", "mean_entropy_nats"), 1e-12);
    expect_relative(report.relative_error,
                    report.achieved / 4.489383044045686 - 1, 1e-10);
    match.of = LLN_TARGET_GAP;
    match.predicted = 0.9;
    match.target = 0.75;
    expect_ok(lln_report_match(&head, &match, &softmax, 0, &report));
    ck_assert_double_eq(report.achieved, 0.9);
    expect_relative(report.relative_error, 0.2, 1e-14);
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
    expect_ok(lln_report_softmax(&head, LLN_REPORT_SPECTRUM, &softmax));
    expect_ok(lln_report_match(&head, &match, &softmax, LLN_REPORT_SPECTRUM,
                               &report));
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
    expect_ok(lln_report_softmax(&head, 0, &softmax));
    expect_status(
        lln_report_match(&head, &match, &softmax, LLN_REPORT_SPECTRUM, &report),
        LLN_EINVAL);
    match.alpha = 1;
    lln_stop_requested = 1;
    expect_status(
        lln_report_match(&head, &match, &softmax, LLN_REPORT_SPECTRUM, &report),
        LLN_EINTERRUPTED);
    expect_status(lln_report_softmax(&head, 0, &softmax), LLN_EINTERRUPTED);
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
    tcase_add_test(report, match_moments);
    tcase_add_test(report, match_targets);
    tcase_add_loop_test(report, match_uniform, 0, 2);
    tcase_add_test(report, match_overflow);
    tcase_add_test(report, match_one_key);
    tcase_add_test(report, match_statuses);
    suite_add_tcase(suite, report);
    return run_suite(suite);
}
