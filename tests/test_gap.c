/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching of the second eigenvalue, against the rows X,lam2 of
 * tests/data/cases/cases_matching.csv (roots of dense LAPACK spectra). */
#include "match/gap.h"

#include "cases.h"
#include "core/threads.h"
#include "match/lln_side.h"

/* |lambda_2| of softmax and alpha. */
static const struct {
    const char *name;
    double lambda2, alpha;
} MATCHES[] = {{"A", 0.19046387923359423, 1.3944169959228145},
               {"B", 0.10696211499302827, 2.1393571074931899},
               {"C", 0.14606092507415724, 2.0615331196553415}};

static double lambda2_of(const lln_head *head, const lln_match *match)
{
    lln_kernel_choice choice;
    double lambda2;
    expect_ok(lln_side_choice(match->alpha, match->beta, &choice));
    expect_ok(lln_gap_lambda2(&choice, head, &lambda2));
    return lambda2;
}

START_TEST(find_cases)
{
    lln_head head = case_head(MATCHES[_i].name, LLN_FLOAT64, false);
    lln_match match;
    expect_ok(lln_match_solve(lln_match_find("gap"), &head, &match));
    ck_assert_int_eq(match.of, LLN_TARGET_GAP);
    expect_relative(1 - match.target, MATCHES[_i].lambda2, 1e-9);
    expect_relative(match.alpha, MATCHES[_i].alpha, 1e-6);
    expect_relative(lambda2_of(&head, &match), MATCHES[_i].lambda2, 2e-8);
    lln_head_free(&head);
}
END_TEST

/* With a causal mask lambda_2 is the second largest P_ii. */
START_TEST(find_causal)
{
    lln_head head = case_head("A", LLN_FLOAT32, true);
    lln_match_list found;
    expect_ok(lln_match_list_find(lln_match_find("gap"), &head, NULL, &found));
    ck_assert_uint_ge(found.count, 1);
    for (size_t i = 0; i < found.count; i++)
        expect_relative(lambda2_of(&head, &found.items[i]),
                        1 - found.items[i].target, 1e-6);
    lln_head_free(&head);
}
END_TEST

/* Heads without a second eigenvalue: not square, or uniform. */
START_TEST(find_undefined)
{
    lln_head head = case_head("C", LLN_FLOAT64, false);
    lln_match match;
    head.q.rows = 100;
    expect_status(lln_match_solve(lln_match_find("gap"), &head, &match),
                  LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "the second eigenvalue of softmax is not known");
    head.q.rows = 128;
    head.rule.scale = 0;
    expect_status(lln_match_solve(lln_match_find("gap"), &head, &match),
                  LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "the second eigenvalue of softmax is 0 or rounding");
    head.rule.scale = 0.25;
    lln_stop_requested = 1;
    expect_status(lln_match_solve(lln_match_find("gap"), &head, &match),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gap");
    TCase *find = tcase_create("gap_find");
    tcase_set_timeout(find, 120);
    tcase_add_loop_test(find, find_cases, 0, 3);
    tcase_add_test(find, find_causal);
    tcase_add_test(find, find_undefined);
    suite_add_tcase(suite, find);
    return run_suite(suite);
}
