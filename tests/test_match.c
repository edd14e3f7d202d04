/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The matching methods against tests/data/cases/cases_matching.csv (dense
 * float64 programs and quadrature), closed forms, and their own targets. */
#include <gsl/gsl_errno.h>

#include "cases.h"
#include "core/threads.h"
#include "match/lln_side.h"
#include "match/match.h"
#include "measure/entropy.h"
#include "measure/row_sample.h"
#include "theory/line.h"
#include "theory/line_fit.h"
#include "theory/lln_theory.h"

static const char *const names[] = {"A", "B", "C"};

/* Columns of cases_matching.csv. */
enum { TARGET, SIDE, ALPHA, BETA, LLN_D1, LLN_D2, REFERENCES = 6 };

static void reference(const char *name, const char *method, double *out)
{
    char line[512], key[64];
    FILE *file = fopen("tests/data/cases/cases_matching.csv", "r");
    ck_assert(file != NULL);
    snprintf(key, sizeof key, "%s,%s,", name, method);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0) {
            char *at = line + strlen(key) - 1;
            for (int c = 0; c < REFERENCES; c++)
                out[c] = strtod(at + 1, &at);
            fclose(file);
            return;
        }
    ck_abort_msg("no reference %s", key);
}

/* D2 of LLN attention over all rows. */
static double measure(const lln_head *head, const lln_match *match)
{
    lln_attention attention;
    lln_row *rows;
    size_t n = 0;
    double variance, error;
    expect_ok(lln_side_attention(head, match->alpha, match->beta, &attention));
    expect_ok(lln_rows_alloc(&attention, NULL, &n, &rows));
    expect_ok(lln_rows_measure(&attention, NULL, n, LLN_ROW_MOMENTS, rows));
    lln_rows_mean(rows, n, n, lln_row_variance, &variance, &error);
    free(rows);
    lln_attention_close(&attention);
    return variance;
}

static lln_match solve(const lln_head *head, const char *method)
{
    lln_match match;
    expect_ok(lln_match_solve(lln_match_find(method), head, &match));
    return match;
}

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

/* A head of two features from literal rows. */
static lln_head small_head(const double *q, size_t n, const double *k, size_t m,
                           size_t d)
{
    lln_head head = {
        .source = "test", .layer = -1, .head = -1, .rule.scale = 1};
    head.q = (lln_matrix){LLN_FLOAT64, n, d, q};
    head.k = (lln_matrix){LLN_FLOAT64, m, d, k};
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

/* Two features. Queries (3 + c, c) with c = +-30, which changes sigma_q but not
 * P, so that alpha stays small; keys (1, 1.5) and 15 times (-1, 1.5). As s
 * grows, the second feature dominates for all keys, so that D2(s) has a
 * maximum. The same in Python, by golden section: 0.01180487376604739 at s =
 * 1.42097. */
#define HUMP_MAXIMUM 0.01180487376604739
#define HUMP_TEXT "the largest found is 0.0118048738, at beta sigma_k = 1.42"
static const double HUMP_KEYS[32] = {
    1,  1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5,
    -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5, -1, 1.5};
static const double HUMP_QUERIES[8] = {33, 30, -27, -30, 33, 30, -27, -30};

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
                     "match: alpha and beta are undefined: the entropy of "
                     "softmax is that of uniform attention");
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
                     "match: alpha and beta are undefined: all entries of the "
                     "queries are equal");
    head = small_head(some, 4, flat, 4, 2);
    expect_status(lln_match_solve(method, &head, &match), LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "match: alpha and beta are undefined: all entries of the "
                     "keys are equal");
    /* One entry. */
    head = small_head(some, 1, some, 1, 1);
    expect_status(lln_match_solve(method, &head, &match), LLN_EUNDEFINED);
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
        "match: alpha and beta are undefined: no row has two different logits");
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
    gsl_set_error_handler_off();
    Suite *suite = suite_create("match");
    TCase *solving = tcase_create("solve");
    tcase_set_timeout(solving, 120);
    tcase_add_test(solving, find_names);
    tcase_add_test(solving, words_of_kernels);
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
    tcase_add_test(solving, list_nearest);
    tcase_add_test(solving, list_two);
    tcase_add_loop_test(solving, solve_entropy, 0, 6);
    tcase_add_test(solving, solve_entropy_uniform);
    tcase_add_loop_test(solving, list_balance, 0, 2);
    tcase_add_loop_test(solving, estimate_measured, 0, 2);
    tcase_add_loop_test(solving, solve_no_spread, 0, 9);
    tcase_add_loop_test(solving, solve_no_target, 0, 9);
    tcase_add_loop_test(solving, solve_paper_one_token, 0, 2);
    tcase_add_test(solving, solve_interrupted);
    suite_add_tcase(suite, solving);
    return run_suite(suite);
}
