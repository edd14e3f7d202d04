/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The matching methods against tests/data/cases/cases_matching.csv (dense
 * float64 programs and quadrature), closed forms, and their own targets. */
#include "core/threads.h"
#include "match_case.h"
#include "theory/line.h"

static lln_head gaussian_like(size_t n, size_t d, double factor,
                              lln_precision precision)
{
    lln_head head = {.source = "test", .layer = -1, .head = -1};
    size_t size = n * d;
    double *values = lln_array_alloc(2 * size, sizeof *values);
    unsigned long long state = 12345;
    for (size_t i = 0; i < 2 * size; i++) {
        double sum = -6; /* of twelve uniform values: nearly normal */
        for (int u = 0; u < 12; u++) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            sum += (double)(state >> 11) * 0x1p-53;
        }
        values[i] = factor * sum;
    }
    head.storage = values;
    if (precision == LLN_FLOAT32) {
        head.storage = lln_array_alloc(2 * size, sizeof(float));
        lln_matrix_convert((lln_matrix){LLN_FLOAT64, 2, size, values},
                           LLN_FLOAT32, head.storage);
        free(values);
    }
    char *keys = (char *)head.storage + size * lln_precision_size(precision);
    head.q = (lln_matrix){precision, n, d, head.storage};
    head.k = (lln_matrix){precision, n, d, keys};
    head.rule.scale = 1 / sqrt((double)d);
    return head;
}

START_TEST(find_names)
{
    static const char *const all[] = {"paper",   "fenton",   "fenton-row",
                                      "exact",   "measured", "line",
                                      "entropy", "gap",      "joint"};
    for (int i = 0; i < 9; i++)
        ck_assert_str_eq(lln_match_find(all[i])->name, all[i]);
    ck_assert_ptr_null(lln_match_methods[9].name);
    ck_assert_ptr_null(lln_match_find("fentom"));
    ck_assert_ptr_null(lln_match_find(""));
}
END_TEST

/* The words of the parameter `match` of kernels are the methods. */
START_TEST(words_of_kernels)
{
    for (size_t i = 0; lln_kernels[i]; i++) {
        const lln_kernel *kernel = lln_kernels[i];
        if (!kernel->takes_alpha_beta)
            continue;
        int at = lln_kernel_parameter_index(kernel, "match");
        const char *const *word = kernel->parameters[at].words;
        const lln_match_method *method = lln_match_methods;
        for (; method->name; method++)
            ck_assert_str_eq(*word++, method->name);
        ck_assert_ptr_null(*word);
    }
}
END_TEST

static void check_closed(const char *name, const char *method,
                         const char *label, double tolerance)
{
    double expected[REFERENCES];
    lln_head head = case_head(name, LLN_FLOAT64, false);
    lln_match match = solve(&head, method);
    reference(name, label, expected);
    expect_relative(match.target, expected[TARGET], 1e-12);
    expect_relative(match.alpha, expected[ALPHA], tolerance);
    expect_relative(match.beta, expected[BETA], tolerance);
    expect_relative(match.alpha * match.sigma_q, expected[SIDE], tolerance);
    expect_relative(match.predicted, match.target, 1e-12);
    expect_relative(measure(&head, &match), expected[LLN_D2], 10 * tolerance);
    lln_head_free(&head);
}

START_TEST(solve_paper)
{
    check_closed(names[_i], "paper", "official", 1e-12);
}
END_TEST

/* The published rule, written out. */
START_TEST(solve_paper_rule)
{
    lln_head head = case_head("B", LLN_FLOAT64, true);
    lln_match match = solve(&head, "paper");
    double sigma = match.sigma_q * match.sigma_k;
    double s =
        sqrt((sigma * sigma + 0.35487039130661086) / (2 * 0.14855178144710912));
    expect_relative(match.alpha, s / match.sigma_q, 1e-15);
    expect_relative(match.beta, s / match.sigma_k, 1e-15);
    lln_head_free(&head);
}
END_TEST

START_TEST(solve_fenton)
{
    check_closed(names[_i], "fenton", "fenton_inv_D2", 1e-12);
}
END_TEST

START_TEST(solve_fenton_row)
{
    check_closed(names[_i], "fenton-row", "fenton_norm_inv_D2", 1e-12);
}
END_TEST

START_TEST(solve_exact)
{
    check_closed(names[_i], "exact", "exact_quad_D2", 1e-8);
}
END_TEST

START_TEST(solve_measured)
{
    double expected[REFERENCES];
    lln_head head = case_head(names[_i], LLN_FLOAT64, false);
    lln_match match = solve(&head, "measured");
    reference(names[_i], "measured_D2", expected);
    expect_relative(match.alpha, expected[ALPHA], 1e-6);
    expect_relative(match.beta, expected[BETA], 1e-6);
    expect_relative(match.predicted, match.target, 1e-8);
    expect_relative(measure(&head, &match), match.target, 1e-8);
    lln_head_free(&head);
}
END_TEST

/* Solved in float32, checked in float64. */
START_TEST(solve_measured_single)
{
    lln_head single = case_head(names[_i], LLN_FLOAT32, false);
    lln_head exact = case_head(names[_i], LLN_FLOAT64, false);
    lln_match match = solve(&single, "measured");
    lln_match truth = solve(&exact, "measured");
    expect_relative(match.predicted, match.target, 2e-7);
    expect_relative(measure(&exact, &match), truth.target, 1e-6);
    expect_relative(match.alpha, truth.alpha, 1e-6);
    lln_head_free(&single);
    lln_head_free(&exact);
}
END_TEST

START_TEST(solve_measured_causal)
{
    lln_head head = case_head(names[_i], LLN_FLOAT64, true);
    lln_match match = solve(&head, "measured");
    if (_i == 0)
        expect_relative(match.target,
                        case_scalar("A", "softmax_causal",
                                    "mean_within_row_var_ddof1_rows_i>=1"),
                        1e-12);
    expect_relative(measure(&head, &match), match.target, 1e-8);
    lln_head_free(&head);
}
END_TEST

/* ln P = beta k + const: D2 = s^2 var(k) / sigma_k^2, which is s^2 here. */
START_TEST(solve_measured_one_feature)
{
    lln_head head = gaussian_like(40, 1, 1.5, LLN_FLOAT64);
    lln_match match = solve(&head, "measured");
    expect_relative(match.alpha * match.sigma_q, sqrt(match.target), 1e-9);
    match = solve(&head, "exact");
    expect_relative(match.alpha * match.sigma_q, sqrt(match.target), 1e-8);
    lln_head_free(&head);
}
END_TEST

/* Far from sigma = 1, in both directions. */
START_TEST(solve_measured_range)
{
    static const double factors[] = {0.02, 0.1, 0.4, 2, 4, 12};
    for (int i = 0; i < 6; i++) {
        lln_head head = gaussian_like(96, 32, factors[i], LLN_FLOAT64);
        lln_match match = solve(&head, "measured");
        expect_relative(measure(&head, &match), match.target, 1e-8);
        lln_head_free(&head);
    }
}
END_TEST

/* Enough rows that the search begins on a sample. */
START_TEST(solve_measured_large)
{
    lln_head head = gaussian_like(1500, 16, 1.2, LLN_FLOAT64);
    head.rule.mask.causal = _i;
    lln_match match = solve(&head, "measured");
    expect_relative(measure(&head, &match), match.target, 1e-8);
    lln_head_free(&head);
}
END_TEST

/* From LLN_MATCH_LARGE rows on, a sample represents all rows: errors of D2 of
 * 0.5 %, and 1 % at most, were measured on such heads. Smaller heads are solved
 * exactly, and the other methods do not estimate. */
START_TEST(estimate_measured)
{
    const lln_match_method *measured = lln_match_find("measured");
    lln_head large = gaussian_like(LLN_MATCH_LARGE, 16, 1.2, LLN_FLOAT32);
    lln_head small = gaussian_like(LLN_MATCH_LARGE - 1, 16, 1.2, LLN_FLOAT32);
    large.rule.mask.causal = small.rule.mask.causal = _i;
    lln_match match, full = solve(&large, "measured");
    expect_relative(measure(&large, &full), full.target, 3e-7);
    expect_ok(lln_match_estimate(measured, &large, &match));
    expect_relative(measure(&large, &match), match.target, 0.015);
    ck_assert_double_gt(fabs(match.alpha - full.alpha), 1e-6 * full.alpha);
    ck_assert_double_eq(match.predicted, match.target);
    expect_ok(lln_match_estimate(measured, &small, &match));
    expect_relative(match.alpha, solve(&small, "measured").alpha, 3e-7);
    expect_ok(lln_match_estimate(lln_match_find("fenton"), &large, &match));
    ck_assert_double_eq(match.alpha, solve(&large, "fenton").alpha);
    lln_head_free(&large);
    lln_head_free(&small);
}
END_TEST

START_TEST(solve_measured_maximum)
{
    lln_head head = small_head(HUMP_QUERIES, 4, HUMP_KEYS, 16, 2);
    lln_match match;
    const lln_match_method *measured = lln_match_find("measured");
    expect_status(lln_match_solve(measured, &head, &match), LLN_ENOCONV);
    ck_assert_msg(strstr(lln_error_message(), HUMP_TEXT), "%s",
                  lln_error_message());
    /* Just below the maximum there is a match. */
    double target;
    head.rule.scale = 0.001;
    match = solve(&head, "measured");
    target = match.target;
    head.rule.scale *= sqrt(0.999 * HUMP_MAXIMUM / target);
    match = solve(&head, "measured");
    expect_relative(measure(&head, &match), match.target, 1e-8);
    head.rule.scale *= sqrt(1.002);
    expect_status(lln_match_solve(measured, &head, &match), LLN_ENOCONV);
}
END_TEST

START_TEST(solve_no_spread)
{
    static const double flat[8] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    static const double some[8] = {1, 2, 3, 5, 8, 13, 21, 34};
    const lln_match_method *method = &lln_match_methods[_i];
    lln_match match;
    lln_head head = small_head(flat, 4, some, 4, 2);
    expect_status(lln_match_solve(method, &head, &match), LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "alpha and beta are undefined: all entries of the "
                     "queries are equal");
    head = small_head(some, 4, flat, 4, 2);
    expect_status(lln_match_solve(method, &head, &match), LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "alpha and beta are undefined: all entries of the "
                     "keys are equal");
    /* One entry. */
    head = small_head(some, 1, some, 1, 1);
    expect_status(lln_match_solve(method, &head, &match), LLN_EUNDEFINED);
}
END_TEST

/* Entries whose squares leave the range of float64: 1e-200, 1e-100 and 1e150
 * times the same numbers. */
START_TEST(solve_out_of_range)
{
    static const struct {
        double factor;
        const char *message;
    } cases[] = {
        {1e-200, "match: the variance of the queries underflows float64"},
        {1e-100, "match: the variance of the logits underflows float64"},
        {1e150, "temperature: the variance of the logits overflows float64"},
        {1e170, "match: the variance of the queries overflows float64"},
    };
    static const double some[8] = {1, 2, 3, 5, 8, 13, 21, 34};
    double scaled[8];
    lln_match match;
    for (size_t i = 0; i < 8; i++)
        scaled[i] = cases[_i].factor * some[i];
    lln_head head = small_head(scaled, 4, scaled, 4, 2);
    expect_status(lln_match_solve(lln_match_find("exact"), &head, &match),
                  LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(), cases[_i].message);
}
END_TEST

/* All keys are equal, but not their entries: D2 of softmax is 0. */
START_TEST(solve_no_target)
{
    static const double some[8] = {1, 2, 3, 5, 8, 13, 21, 34};
    static const double same[8] = {1, 2, 1, 2, 1, 2, 1, 2};
    const lln_match_method *method = &lln_match_methods[_i];
    lln_head head = small_head(some, 4, same, 4, 2);
    lln_head token = small_head(some, 1, some + 4, 1, 4);
    lln_match match;
    if (!method->needs_variance)
        return;
    expect_status(lln_match_solve(method, &head, &match), LLN_EUNDEFINED);
    ck_assert_str_eq(
        lln_error_message(),
        "alpha and beta are undefined: no row has two different logits");
    expect_status(lln_match_solve(method, &token, &match), LLN_EUNDEFINED);
}
END_TEST

/* The published rule needs only the standard deviations of queries and keys,
 * which one token has, and equal tokens have: 2 slope s^2 + intercept =
 * (sigma_q sigma_k)^2, alpha sigma_q = beta sigma_k = s. */
START_TEST(solve_paper_one_token)
{
    static const double some[8] = {1, 2, 3, 5, 8, 13, 21, 34};
    static const double same[8] = {1, 2, 1, 2, 1, 2, 1, 2};
    const lln_head heads[] = {small_head(some, 1, some + 4, 1, 4),
                              small_head(some, 4, same, 4, 2)};
    lln_match match;
    double side;
    expect_ok(lln_match_solve(lln_match_find("paper"), &heads[_i], &match));
    expect_ok(lln_theory_paper_side(match.sigma_q, match.sigma_k, &side));
    expect_relative(match.alpha, side / match.sigma_q, 1e-15);
    expect_relative(match.beta, side / match.sigma_k, 1e-15);
    expect_relative(match.sigma_q, _i ? 11.482128971331306 : 1.707825127659933,
                    1e-14);
}
END_TEST

/* The choice gets alpha and beta of the estimate; a head without them leaves it
 * as it was. */
START_TEST(adapt_estimate)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    const lln_match_method *method = lln_match_find("fenton");
    lln_kernel_choice choice;
    lln_match match;
    double alpha, beta;
    expect_ok(lln_kernel_parse("lln:alpha=1:beta=1", &choice));
    expect_ok(lln_match_estimate(method, &head, &match));
    expect_ok(lln_match_adapt(method, &head, &choice));
    head.rule.scale = 0;
    expect_status(lln_match_adapt(method, &head, &choice), LLN_EUNDEFINED);
    expect_ok(lln_kernel_real(&choice, "alpha", &alpha));
    expect_ok(lln_kernel_real(&choice, "beta", &beta));
    ck_assert_double_eq(alpha, match.alpha);
    ck_assert_double_eq(beta, match.beta);
    lln_head_free(&head);
}
END_TEST

START_TEST(solve_interrupted)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_match match;
    lln_stop_requested = 1;
    expect_status(lln_match_solve(lln_match_find("measured"), &head, &match),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match");
    TCase *solving = tcase_create("solve");
    tcase_set_timeout(solving, 120);
    tcase_add_test(solving, find_names);
    tcase_add_test(solving, words_of_kernels);
    tcase_add_loop_test(solving, solve_out_of_range, 0, 4);
    tcase_add_loop_test(solving, solve_paper, 0, 3);
    tcase_add_test(solving, solve_paper_rule);
    tcase_add_loop_test(solving, solve_fenton, 0, 3);
    tcase_add_loop_test(solving, solve_fenton_row, 0, 3);
    tcase_add_loop_test(solving, solve_exact, 0, 3);
    tcase_add_loop_test(solving, solve_measured, 0, 3);
    tcase_add_loop_test(solving, solve_measured_single, 0, 3);
    tcase_add_loop_test(solving, solve_measured_causal, 0, 3);
    tcase_add_test(solving, solve_measured_one_feature);
    tcase_add_test(solving, solve_measured_range);
    tcase_add_loop_test(solving, solve_measured_large, 0, 2);
    tcase_add_test(solving, solve_measured_maximum);
    tcase_add_loop_test(solving, estimate_measured, 0, 2);
    tcase_add_loop_test(solving, solve_no_spread, 0, 9);
    tcase_add_loop_test(solving, solve_no_target, 0, 9);
    tcase_add_loop_test(solving, solve_paper_one_token, 0, 2);
    tcase_add_test(solving, adapt_estimate);
    tcase_add_test(solving, solve_interrupted);
    suite_add_tcase(suite, solving);
    return run_suite(suite);
}
