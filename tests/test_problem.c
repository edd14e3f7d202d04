/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How methods add what they find. */
#include "match/problem.h"

#include "expect.h"

START_TEST(add_many)
{
    const lln_match_options options = {.balance = 4};
    const lln_match_problem problem = {.options = &options,
                                       .of = LLN_TARGET_ENTROPY,
                                       .sigma_q = 2,
                                       .sigma_k = 0.5};
    lln_match_list found = {0};
    for (int i = 0; i < LLN_MATCH_SOLUTIONS + 3; i++)
        lln_problem_add(&problem, i + 1, 7, 7.5, i % 2 ? 0.25 : 0, &found);
    ck_assert_uint_eq(found.count, LLN_MATCH_SOLUTIONS);
    const lln_match *match = &found.items[1];
    ck_assert_int_eq(match->of, LLN_TARGET_ENTROPY);
    ck_assert_double_eq(match->alpha, 4);
    ck_assert_double_eq(match->beta, 4);
    ck_assert_double_eq(match->target, 7);
    ck_assert_double_eq(match->predicted, 7.5);
    ck_assert_double_eq(match->distance, 0.25);
    ck_assert_int_eq(match->state, LLN_MATCH_NEAREST);
    ck_assert_int_eq(found.items[0].state, LLN_MATCH_SOLVED);
    ck_assert(isnan(match->second_target) && isnan(match->stated_error));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("problem");
    TCase *add = tcase_create("problem_add");
    tcase_add_test(add, add_many);
    suite_add_tcase(suite, add);
    return run_suite(suite);
}
