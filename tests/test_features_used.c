/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The effective number of features, against a dense numpy program
 * (scipy.special.logsumexp over the keys of each row) and closed forms. */
#include "match/features_used.h"

#include "cases.h"

/* Case C, alpha 1.5: mask, beta, features. */
static const struct {
    lln_mask mask;
    double beta, used;
} USED[] = {{{0}, 1.7, 8.3647011362366},
            {{.causal = true}, 1.7, 8.17296224562548},
            {{.window = 9}, 1.7, 8.05284162644827},
            {{.causal = true, .window = 5}, 1.7, 7.60181290130528},
            {{.chunk = 32}, 1.7, 8.33221882178049},
            {{.window = 9}, 200, 1.00922386054143}};

START_TEST(used_case)
{
    lln_head head = case_head("C", _i % 2 ? LLN_FLOAT32 : LLN_FLOAT64, false);
    double used;
    head.rule.mask = USED[_i / 2].mask;
    expect_ok(lln_features_used(&head, 1.5, USED[_i / 2].beta, &used));
    expect_relative(used, USED[_i / 2].used, _i % 2 ? 1e-5 : 1e-12);
    lln_head_free(&head);
}
END_TEST

/* alpha = beta = 0: all d features; alpha = 1e6: one; one feature: one. Keys
 * that underflow beside the largest, in a window without it. */
START_TEST(used_limits)
{
    static const double q[] = {1, 2, 5, 3, -1, 0},
                        k[] = {2000, 2000, 0, 1, 0, 1};
    lln_head head = {.q = {LLN_FLOAT64, 3, 2, q}, .k = {LLN_FLOAT64, 3, 2, k}};
    double used;
    expect_ok(lln_features_used(&head, 0, 0, &used));
    expect_relative(used, 2, 1e-15);
    expect_ok(lln_features_used(&head, 1e6, 1, &used));
    expect_relative(used, 1, 1e-15);
    head.rule.mask = (lln_mask){.causal = true, .window = 1};
    expect_ok(lln_features_used(&head, 0, 1, &used));
    /* The first row has w = (1/2, 1/2), the others (1, e) / (1 + e). */
    double e = exp(1), other = exp(log1p(e) - e / (1 + e));
    expect_relative(used, (2 + 2 * other) / 3, 1e-12);
    head.q.columns = head.k.columns = 1;
    expect_ok(lln_features_used(&head, 2, 3, &used));
    ck_assert_double_eq(used, 1);
    expect_status(lln_features_used(&head, NAN, 3, &used), LLN_EINVAL);
    expect_status(lln_features_used(&head, 1, INFINITY, &used), LLN_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("features_used");
    TCase *used = tcase_create("features_used");
    tcase_add_loop_test(used, used_case, 0, 2 * sizeof USED / sizeof *USED);
    tcase_add_test(used, used_limits);
    suite_add_tcase(suite, used);
    return run_suite(suite);
}
