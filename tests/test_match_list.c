/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists of matches: several solutions, the nearest match, balances; and the
 * method entropy. */
#include "match_case.h"
#include "measure/entropy.h"
#include "theory/line.h"
#include "theory/line_fit.h"
#include "theory/lln_theory.h"

/* A head whose target is beyond the maximum has a nearest match: that of the
 * maximum, |ln(D2 / target)| away. */
START_TEST(list_nearest)
{
    lln_head head = small_head(HUMP_QUERIES, 4, HUMP_KEYS, 16, 2);
    lln_match_list found;
    expect_status(
        lln_match_list_find(lln_match_find("measured"), &head, NULL, &found),
        LLN_ENOCONV);
    ck_assert_uint_eq(found.count, 1);
    const lln_match *match = &found.items[0];
    ck_assert_int_eq(match->state, LLN_MATCH_NEAREST);
    expect_relative(match->predicted, HUMP_MAXIMUM, 1e-8);
    expect_relative(match->distance, log(match->target / HUMP_MAXIMUM), 1e-8);
    expect_relative(measure(&head, match), HUMP_MAXIMUM, 1e-8);
    expect_relative(match->beta * match->sigma_k, 1.42097, 1e-3);
}
END_TEST

/* Below the maximum there are two matches, one on each side. */
START_TEST(list_two)
{
    lln_head head = small_head(HUMP_QUERIES, 4, HUMP_KEYS, 16, 2);
    const lln_match_method *measured = lln_match_find("measured");
    lln_match_list found;
    head.rule.scale = 0.001;
    head.rule.scale *=
        sqrt(0.8 * HUMP_MAXIMUM / solve(&head, "measured").target);
    expect_ok(lln_match_list_find(measured, &head, NULL, &found));
    ck_assert_uint_eq(found.count, 2);
    ck_assert_double_lt(found.items[0].beta * found.items[0].sigma_k, 1.42);
    ck_assert_double_gt(found.items[1].beta * found.items[1].sigma_k, 1.43);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(found.items[i].state, LLN_MATCH_SOLVED);
        expect_relative(measure(&head, &found.items[i]), 0.8 * HUMP_MAXIMUM,
                        1e-8);
    }
    lln_match_options estimate = lln_match_defaults;
    estimate.estimate = true;
    expect_ok(lln_match_list_find(measured, &head, &estimate, &found));
    ck_assert_uint_eq(found.count, 1);
}
END_TEST

/* alpha sigma_q = R beta sigma_k, and the equations of match.h with a2 and b2
 * of the match. */
START_TEST(list_balance)
{
    static const double balances[] = {0.25, 4};
    lln_match_options options = lln_match_defaults;
    options.balance = balances[_i];
    options.line_low = 0.7;
    options.line_high = 1.4;
    lln_head head = case_head("C", LLN_FLOAT64, false);
    double d = 16;
    for (size_t i = 0; lln_match_methods[i].name; i++) {
        const lln_match_method *method = &lln_match_methods[i];
        lln_match_list found;
        lln_theory_lln_values lln;
        if (method->has_free_sides)
            continue;
        expect_ok(lln_match_list_find(method, &head, &options, &found));
        const lln_match *match = &found.items[0];
        double a = match->alpha * match->sigma_q;
        double b = match->beta * match->sigma_k, a2 = a * a, b2 = b * b;
        expect_relative(a, options.balance * b, 1e-14);
        if (strcmp(method->name, "paper") == 0)
            expect_relative(LLN_THEORY_PAPER_SLOPE * (a2 + b2) +
                                LLN_THEORY_PAPER_INTERCEPT,
                            match->target, 1e-13);
        if (strcmp(method->name, "fenton") == 0)
            expect_relative(a2 + b2, log1p(d * expm1(match->target)), 1e-13);
        if (strcmp(method->name, "fenton-row") == 0)
            expect_relative(expm1(b2) * exp(a2), d * expm1(match->target),
                            1e-13);
        if (strcmp(method->name, "exact") == 0) {
            expect_ok(lln_theory_lln(16, a, b, &lln));
            expect_relative(lln.log_variance_row, match->target, 1e-9);
        }
        if (strcmp(method->name, "line") == 0) {
            lln_theory_line line;
            expect_ok(lln_theory_line_fit(16, options.balance, options.line_low,
                                          options.line_high, &line));
            expect_relative(line.slope * (a2 + b2) + line.intercept,
                            match->target, 1e-13);
            ck_assert_double_eq(match->stated_error, line.relative_error);
        }
        if (strcmp(method->name, "measured") == 0)
            expect_relative(measure(&head, match), match->target, 1e-8);
    }
    options.line_low = 1.4;
    lln_match_list none;
    expect_status(
        lln_match_list_find(lln_match_find("line"), &head, &options, &none),
        LLN_EINVAL);
    options.line_low = 0.7;
    options.balance = _i ? 0 : NAN;
    lln_match_list found;
    expect_status(
        lln_match_list_find(lln_match_find("paper"), &head, &options, &found),
        LLN_EINVAL);
    ck_assert_uint_eq(found.count, 0);
    lln_head_free(&head);
}
END_TEST

static double mean_entropy(const lln_head *head, const lln_match *match)
{
    lln_attention attention;
    lln_entropy entropy;
    expect_ok(lln_side_attention(head, match->alpha, match->beta, &attention));
    expect_ok(
        lln_entropy_measure(&attention, NULL, head->q.rows, &entropy, NULL));
    lln_attention_close(&attention);
    return entropy.entropy;
}

/* alpha of the rows X,entropy of cases_matching.csv, and the entropy of softmax
 * in cases_scalars.csv; also in float32, and with a causal mask, where one row
 * has one key. */
START_TEST(solve_entropy)
{
    const char *name = names[_i % 3];
    bool causal = _i >= 3;
    lln_head head = case_head(name, LLN_FLOAT64, causal);
    double row[REFERENCES];
    lln_match match = solve(&head, "entropy");
    ck_assert_int_eq(match.of, LLN_TARGET_ENTROPY);
    expect_absolute(mean_entropy(&head, &match), match.target, 1e-8);
    expect_absolute(match.predicted, match.target, 1e-8);
    reference(name, "entropy", row);
    if (!causal) {
        expect_relative(match.target, row[TARGET], 1e-12);
        expect_relative(match.alpha, row[ALPHA], 1e-6);
    }
    lln_head_free(&head);
    head = case_head(name, LLN_FLOAT32, causal);
    match = solve(&head, "entropy");
    expect_absolute(mean_entropy(&head, &match), match.target, 1e-6);
    lln_head_free(&head);
}
END_TEST

/* Equal keys: nothing to match. */
START_TEST(solve_entropy_uniform)
{
    static const double some[8] = {1, 2, 3, 5, 8, 13, 21, 34};
    static const double same[8] = {1, 2, 1, 2, 1, 2, 1, 2};
    lln_head head = small_head(some, 4, same, 4, 2);
    lln_match match;
    expect_status(lln_match_solve(lln_match_find("entropy"), &head, &match),
                  LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "alpha and beta are undefined: the entropy of "
                     "softmax is that of uniform attention");
}
END_TEST

/* What is kept for the next method changes nothing: in any order of methods,
 * some of which do not need D2. */
START_TEST(list_next)
{
    static const char *const NAMES[] = {"paper",    "entropy", "fenton-row",
                                        "measured", "fenton",  "paper"};
    lln_head head = small_head(HUMP_QUERIES, 4, HUMP_KEYS, 16, 2);
    lln_match_known known = {0};
    head.rule.scale = 0.001;
    head.rule.scale *=
        sqrt(0.8 * HUMP_MAXIMUM / solve(&head, "measured").target);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const lln_match_method *method = lln_match_find(NAMES[i]);
        lln_match_list alone, next;
        expect_ok(lln_match_list_find(method, &head, NULL, &alone));
        expect_ok(lln_match_list_find_next(method, &head, NULL, &known, &next));
        ck_assert_uint_eq(next.count, alone.count);
        ck_assert_double_eq(next.items[0].alpha, alone.items[0].alpha);
        ck_assert_double_eq(next.items[0].beta, alone.items[0].beta);
        ck_assert_double_eq(next.items[0].target, alone.items[0].target);
    }
}
END_TEST

/* A head without D2 fails again for each method. */
START_TEST(list_next_failure)
{
    const double q[] = {1, -1}, k[] = {0.5, 2};
    lln_head head = small_head(q, 2, k, 2, 1);
    lln_match_known known = {0};
    lln_match_list found;
    head.rule.mask = (lln_mask){.causal = true, .window = 1};
    for (int i = 0; i < 2; i++)
        expect_status(lln_match_list_find_next(lln_match_find("fenton"), &head,
                                               NULL, &known, &found),
                      LLN_EUNDEFINED);
    expect_ok(lln_match_list_find_next(lln_match_find("paper"), &head, NULL,
                                       &known, &found));
    ck_assert_uint_eq(found.count, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match_list");
    TCase *list = tcase_create("list");
    tcase_set_timeout(list, 120);
    tcase_add_test(list, list_nearest);
    tcase_add_test(list, list_two);
    tcase_add_loop_test(list, list_balance, 0, 2);
    tcase_add_test(list, list_next);
    tcase_add_test(list, list_next_failure);
    tcase_add_loop_test(list, solve_entropy, 0, 6);
    tcase_add_test(list, solve_entropy_uniform);
    suite_add_tcase(suite, list);
    return run_suite(suite);
}
