/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Groups of tokens, by hand. */
#include "measure/jackknife.h"

#include "dense.h"

/* Values 1, 2 and 6: mean 3, squares 4 + 1 + 9. */
START_TEST(error_by_hand)
{
    const double values[] = {1, 0, 2, 0, 6, 0};
    expect_relative(lln_jackknife_error(values, 2, 3), sqrt(14 * 2.0 / 3),
                    1e-15);
    ck_assert(lln_jackknife_error(values + 1, 2, 3) == 0);
    ck_assert(isnan(lln_jackknife_error(values, 1, 1)));
    ck_assert(isnan(lln_jackknife_error((double[]){1, NAN}, 1, 2)));
    /* a common offset keeps the digits */
    const double far[] = {1e9 + 1, 1e9 + 2, 1e9 + 6};
    expect_relative(lln_jackknife_error(far, 1, 3), sqrt(14 * 2.0 / 3), 1e-15);
}
END_TEST

/* Every key and query is in the group that the formula gives, and first[] are
 * the first keys of the groups. */
START_TEST(groups_formula)
{
    static const lln_logit_bias hiding = {.hides = true}, plain = {0};
    static const struct {
        size_t n, m, count, g;
        lln_logit_rule rule;
        long shift; /* query i is token i + shift; -1: groups of their own */
    } cases[] = {
        {53, 53, 20, 20, {.bias = NULL}, 0},
        {40, 72, 20, 20, {.mask = {.causal = true}}, 32},
        {40, 72, 20, 20, {.mask = {.causal = true, .top = true}}, 0},
        {48, 90, 7, 7, {.bias = NULL}, -1},
        {90, 48, 1000, 48, {.bias = NULL}, -1},
        {5, 5, 20, 5, {.mask = {.window = 2}}, 0},
        {40, 72, 20, 20, {.bias = &hiding}, 32},
        {40, 72, 20, 20, {.bias = &plain}, -1},
        {90, 48, 20, 20, {.bias = &hiding}, -1},
    };
    size_t n = cases[_i].n, m = cases[_i].m, g = cases[_i].g;
    lln_jackknife groups;
    expect_ok(lln_jackknife_open_tokens(n, m, &cases[_i].rule, cases[_i].count,
                                        &groups));
    ck_assert_uint_eq(groups.count, g);
    ck_assert(groups.first[0] == 0 && groups.first[g] == m);
    for (size_t j = 0; j < m; j++) {
        size_t t = lln_jackknife_key(&groups, j);
        ck_assert_uint_eq(t, j * g / m);
        ck_assert(groups.first[t] <= j && j < groups.first[t + 1]);
    }
    for (size_t i = 0; i < n; i++)
        ck_assert_uint_eq(lln_jackknife_query(&groups, i),
                          cases[_i].shift < 0
                              ? i * g / n
                              : (i + (size_t)cases[_i].shift) * g / m);
    lln_jackknife_free(&groups);
}
END_TEST

START_TEST(open_refuses)
{
    lln_head head = dense_head(8, 8, 4, 1, (lln_mask){0}, LLN_FLOAT64);
    lln_attention attention;
    lln_jackknife groups;
    open_kernel("elu", &head, NULL, 0, &attention);
    expect_status(lln_jackknife_open(&attention, 4, &groups), LLN_EINVAL);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(explain)
{
    const lln_jackknife one = {.count = 1, .n = 1, .m = 1},
                        query = {.count = 1, .n = 1, .m = 30},
                        key = {.count = 1, .n = 30, .m = 1},
                        twenty = {.count = 20};
    expect_ok(lln_jackknife_explain(&one, NAN, NAN));
    expect_ok(lln_jackknife_explain(&twenty, 2, 0.1));
    expect_status(lln_jackknife_explain(&one, 2, NAN), LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "no standard errors: there is only one token");
    expect_status(lln_jackknife_explain(&query, 2, NAN), LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "no standard errors: there is only one query");
    expect_status(lln_jackknife_explain(&key, 2, NAN), LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "no standard errors: there is only one key");
    expect_status(lln_jackknife_explain(&twenty, 2, NAN), LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "no standard errors: without one of the 20 groups of "
                     "tokens, nothing is left");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jackknife");
    TCase *tests = tcase_create("jackknife");
    tcase_add_test(tests, error_by_hand);
    tcase_add_loop_test(tests, groups_formula, 0, 9);
    tcase_add_test(tests, open_refuses);
    tcase_add_test(tests, explain);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
