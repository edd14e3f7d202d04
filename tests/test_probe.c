/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Quantities at a side against LLN attention with the same alpha and beta. */
#include "match/probe.h"

#include "head_cases.h"
#include "match/lln_side.h"

enum { N = 90, SOME = 20 };

/* Standard deviations of 2 and 4, and a = 3 b. */
static const lln_match_options options = {.balance = 3};

static lln_match_problem problem_of(const lln_head *head)
{
    return (lln_match_problem){
        .head = head, .options = &options, .sigma_q = 2, .sigma_k = 4};
}

/* Means over the rows with b = 1.2: alpha = 3 b / 2, beta = b / 4. */
static lln_side_values values_at(const lln_head *head, const size_t *queries,
                                 size_t count)
{
    lln_row rows[N];
    lln_attention attention;
    lln_side_values values;
    expect_ok(lln_side_attention(head, 1.8, 0.3, &attention));
    expect_ok(lln_side_measure(&attention, queries, count, rows, &values));
    return values;
}

START_TEST(value_on_all_rows)
{
    lln_row rows[N];
    double value, deficit;
    lln_match match = {.variance = NAN, .entropy = NAN};
    lln_head head = drawn_head(N, N, 5, 1, false);
    lln_match_problem problem = problem_of(&head);
    lln_probe p = {.problem = &problem,
                   .of = &lln_probe_variance,
                   .head = &head,
                   .count = N,
                   .measured = rows};
    expect_ok(lln_probe_value(&p, 1.2, &value));
    lln_side_values expected = values_at(&head, NULL, N);
    expect_relative(value, expected.variance, 1e-13);
    p.of = &lln_probe_deficit;
    lln_probe_mean(&p, &deficit);
    expect_relative(deficit, log(N) - expected.entropy, 1e-12);

    lln_probe_recall(&p, 1.3, &match);
    ck_assert(isnan(match.variance) && isnan(match.entropy));
    lln_probe_recall(&p, 1.2, &match);
    expect_relative(match.variance, expected.variance, 1e-13);
    expect_relative(match.entropy, expected.entropy, 1e-13);
    lln_head_free(&head);
}
END_TEST

START_TEST(value_on_some_rows)
{
    lln_row rows[N];
    size_t queries[SOME];
    double value;
    lln_match match = {.variance = NAN};
    lln_head head = drawn_head(N, N, 5, 1, true);
    lln_match_problem problem = problem_of(&head);
    lln_probe p = {.problem = &problem,
                   .of = &lln_probe_variance,
                   .head = &head,
                   .queries = queries,
                   .measured = rows};
    expect_ok(lln_probe_use_some(&p, 1.2, SOME));
    expect_ok(lln_probe_value(&p, 1.2, &value));
    expect_relative(value, values_at(&head, queries, SOME).variance, 1e-13);
    lln_probe_recall(&p, 1.2, &match);
    ck_assert(isnan(match.variance)); /* that is of all rows only */
    ck_assert(lln_probe_use_all(&p) == queries);
    ck_assert(!p.queries);
    ck_assert_uint_eq(p.count, N);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("probe");
    TCase *value = tcase_create("lln_probe_value");
    tcase_add_test(value, value_on_all_rows);
    tcase_add_test(value, value_on_some_rows);
    suite_add_tcase(suite, value);
    return run_suite(suite);
}
