/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching on the head itself: the target is measured with some alpha and beta,
 * which must be found again. */
#include "match/measured.h"

#include <gsl/gsl_errno.h>

#include "cases.h"
#include "core/threads.h"
#include "head_cases.h"
#include "measure/row_sample.h"

/* D2 of LLN attention over all rows. */
static double log_variance(const lln_head *head, double alpha, double beta)
{
    lln_attention attention;
    lln_row *rows;
    size_t n = 0;
    double variance, error;
    expect_ok(lln_measured_attention(head, alpha, beta, &attention));
    expect_ok(lln_rows_alloc(&attention, NULL, &n, &rows));
    expect_ok(lln_rows_measure(&attention, NULL, n, LLN_ROW_MOMENTS, rows));
    lln_rows_mean(rows, n, n, lln_row_variance, &variance, &error);
    free(rows);
    lln_attention_close(&attention);
    return variance;
}

/* A match with the standard deviations of the head, and its D2 at `side`. */
static lln_match match_at(const lln_head *head, double side)
{
    lln_match match = {.predicted = NAN};
    double mean;
    lln_matrix_moments(head->q, &mean, &match.sigma_q);
    lln_matrix_moments(head->k, &mean, &match.sigma_k);
    match.target =
        log_variance(head, side / match.sigma_q, side / match.sigma_k);
    return match;
}

START_TEST(kernel_numbers)
{
    lln_kernel_choice choice;
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_attention attention, other;
    expect_ok(lln_measured_kernel(1.1, 1.4, &choice));
    expect_ok(lln_kernel_open(&choice, &head, &attention));
    case_open(&head, CASES[0].lln, &other);
    double *p = dense_rows(&attention), *wanted = dense_rows(&other);
    ck_assert_mem_eq(p, wanted, 64 * 64 * sizeof *p);
    free(p);
    lln_attention_close(&attention);
    expect_ok(lln_measured_attention(&head, 1.1, 1.4, &attention));
    p = dense_rows(&attention);
    ck_assert_mem_eq(p, wanted, 64 * 64 * sizeof *p);
    free(p);
    free(wanted);
    lln_attention_close(&attention);
    lln_attention_close(&other);
    expect_status(lln_measured_attention(&head, INFINITY, 1, &attention),
                  LLN_EINVAL);
    expect_status(lln_measured_attention(&head, 1, NAN, &attention),
                  LLN_EINVAL);
    lln_head_free(&head);
}
END_TEST

/* On small heads, and on one of 600 rows, where the search begins on some
 * rows. */
START_TEST(side_met)
{
    static const double sides[] = {0.3, 1, 1.7};
    size_t n = _i / 3 ? 600 : 64;
    lln_head head = drawn_head(n, n, 16, 1, false);
    lln_match match = match_at(&head, sides[_i % 3]);
    double s = NAN;
    expect_ok(lln_measured_side(&head, false, &match, &s));
    expect_relative(s, sides[_i % 3], 1e-8);
    expect_relative(match.predicted, match.target, LLN_MATCH_TOLERANCE);
    lln_head_free(&head);
}
END_TEST

/* From LLN_MATCH_LARGE rows on, an estimate meets 0.5 %. */
START_TEST(side_estimated)
{
    lln_head head = drawn_head(LLN_MATCH_LARGE, LLN_MATCH_LARGE, 16, 1, false);
    lln_match match = match_at(&head, 1);
    double s = NAN;
    expect_ok(lln_measured_side(&head, true, &match, &s));
    expect_relative(log_variance(&head, s / match.sigma_q, s / match.sigma_k),
                    match.target, 0.01);
    ck_assert(s != 1);
    lln_head_free(&head);
}
END_TEST

/* With one key there is no log-variance: no alpha and beta reach 1. */
START_TEST(side_fails)
{
    lln_head head = drawn_head(32, 32, 4, 1, false);
    lln_match match = match_at(&head, 1);
    double s = NAN;
    match.target = 1;
    head.k.rows = 1;
    expect_status(lln_measured_side(&head, false, &match, &s), LLN_ENOCONV);
    ck_assert_msg(strstr(lln_error_message(), "log-variance 1;") != NULL, "%s",
                  lln_error_message());
    ck_assert(isnan(s) && isnan(match.predicted));
    head.k.rows = 32;
    lln_stop_requested = 1;
    expect_status(lln_measured_side(&head, false, &match, &s),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    gsl_set_error_handler_off();
    Suite *suite = suite_create("measured");
    TCase *kernel = tcase_create("measured_kernel");
    tcase_add_test(kernel, kernel_numbers);
    suite_add_tcase(suite, kernel);
    TCase *side = tcase_create("measured_side");
    tcase_add_loop_test(side, side_met, 0, 6);
    tcase_add_test(side, side_estimated);
    tcase_add_test(side, side_fails);
    suite_add_tcase(suite, side);
    return run_suite(suite);
}
