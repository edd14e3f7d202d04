/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The method line: the line of theory/line_fit.h, whatever was fitted before.
 */
#include "match/calibrated.h"

#include "expect.h"
#include "theory/line_fit.h"

/* More fits than are remembered: d, balance and range in turn. */
START_TEST(find_many)
{
    for (size_t i = 0; i < 18; i++) {
        size_t d = 4 + i;
        lln_match_options options = {.balance = i % 3 ? 1 : 2,
                                     .line_low = i % 2 ? 0.5 : 1,
                                     .line_high = 3};
        lln_head head = {.q.columns = d, .k.columns = d};
        lln_match_problem problem = {.head = &head,
                                     .options = &options,
                                     .sigma_q = 2,
                                     .sigma_k = 0.25,
                                     .variance = 0.75};
        lln_match_list found = {0};
        lln_theory_line line;
        expect_ok(lln_calibrated_find(&problem, &found));
        expect_ok(lln_theory_line_fit(d, options.balance, options.line_low, 3,
                                      &line));
        const lln_match *match = &found.items[0];
        double b = match->beta * 0.25, a = match->alpha * 2;
        expect_relative(a, options.balance * b, 1e-15);
        expect_relative(line.slope * (a * a + b * b) + line.intercept, 0.75,
                        1e-13);
        expect_relative(match->stated_error, i % 2 ? line.relative_error : NAN,
                        0);
    }
}
END_TEST

START_TEST(find_fails)
{
    lln_match_options options = {.balance = 1, .line_low = 2, .line_high = 1};
    lln_head head = {.q.columns = 8, .k.columns = 8};
    lln_match_problem problem = {.head = &head,
                                 .options = &options,
                                 .sigma_q = 1,
                                 .sigma_k = 1,
                                 .variance = 1};
    lln_match_list found = {0};
    expect_status(lln_calibrated_find(&problem, &found), LLN_EINVAL);
    ck_assert_uint_eq(found.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calibrated");
    TCase *find = tcase_create("calibrated_find");
    tcase_set_timeout(find, 120);
    tcase_add_test(find, find_many);
    tcase_add_test(find, find_fails);
    suite_add_tcase(suite, find);
    return run_suite(suite);
}
