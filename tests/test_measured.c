/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching on the head itself: the target is measured with some alpha and beta,
 * which must be found again. */
#include "match/measured.h"

#include "core/threads.h"
#include "head_cases.h"
#include "match_case.h"

static const lln_match_options EXACT = {.balance = 1};
static const lln_match_options ESTIMATE = {.balance = 1, .estimate = true};

/* The problem of finding `side` again, with a = balance side. */
static lln_match_problem
problem_at(const lln_head *head, const lln_match_options *options, double side)
{
    static lln_match_known known;
    lln_match_problem problem = {
        .head = head, .options = options, .known = &known};
    double mean;
    known = (lln_match_known){0};
    lln_matrix_moments(head->q, &mean, &problem.sigma_q);
    lln_matrix_moments(head->k, &mean, &problem.sigma_k);
    problem.variance =
        measure_at(head, options->balance * side / problem.sigma_q,
                   side / problem.sigma_k);
    return problem;
}

/* On small heads, and on one of 600 rows, where the search begins on some
 * rows; balanced, and with a = b / 3 and 5 b. */
START_TEST(find_met)
{
    static const double sides[] = {0.3, 1, 1.7};
    static const double balances[] = {1, 1.0 / 3, 5};
    double side = sides[_i % 3];
    size_t n = _i / 9 ? 600 : 64;
    lln_head head = drawn_head(n, n, 16, 1, false);
    lln_match_options options = {.balance = balances[_i / 3 % 3]};
    lln_match_problem problem = problem_at(&head, &options, side);
    lln_match_list found = {0};
    expect_ok(lln_measured_find(&problem, &found));
    ck_assert_uint_eq(found.count, 1);
    const lln_match *match = &found.items[0];
    expect_relative(match->beta, side / problem.sigma_k, 1e-8);
    expect_relative(match->alpha, options.balance * side / problem.sigma_q,
                    1e-8);
    expect_relative(match->predicted, match->target, LLN_MATCH_TOLERANCE);
    ck_assert_double_eq(match->distance, 0);
    ck_assert_int_eq(match->state, LLN_MATCH_SOLVED);
    lln_head_free(&head);
}
END_TEST

/* From LLN_MATCH_LARGE rows on, an estimate meets 0.5 %. */
START_TEST(find_estimated)
{
    lln_head head = drawn_head(LLN_MATCH_LARGE, LLN_MATCH_LARGE, 16, 1, false);
    lln_match_problem problem = problem_at(&head, &ESTIMATE, 1);
    lln_match_list found = {0};
    expect_ok(lln_measured_find(&problem, &found));
    const lln_match *match = &found.items[0];
    expect_relative(measure(&head, match), match->target, 0.01);
    ck_assert(match->beta != 1 / problem.sigma_k);
    lln_head_free(&head);
}
END_TEST

/* With one key there is no log-variance: no alpha and beta reach 1. */
START_TEST(find_fails)
{
    lln_head head = drawn_head(32, 32, 4, 1, false);
    lln_match_problem problem = problem_at(&head, &EXACT, 1);
    lln_match_list found = {0};
    problem.variance = 1;
    head.k.rows = 1;
    expect_status(lln_measured_find(&problem, &found), LLN_ENOCONV);
    ck_assert_msg(strstr(lln_error_message(), "log-variance 1;") != NULL, "%s",
                  lln_error_message());
    ck_assert_int_eq(found.items[0].state, LLN_MATCH_NEAREST);
    ck_assert(found.items[0].distance > 100);
    head.k.rows = 32;
    found.count = 0;
    lln_stop_requested = 1;
    expect_status(lln_measured_find(&problem, &found), LLN_EINTERRUPTED);
    ck_assert_uint_eq(found.count, 0);
    lln_stop_requested = 0;
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("measured");
    TCase *find = tcase_create("measured_find");
    tcase_add_loop_test(find, find_met, 0, 18);
    tcase_add_test(find, find_estimated);
    tcase_add_test(find, find_fails);
    suite_add_tcase(suite, find);
    return run_suite(suite);
}
