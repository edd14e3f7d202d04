/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Errors of exponents: sizes by hand, and eigenvalues of heads with large
 * logits, which differ from the truth by less than their bound. */
#include "kernel/exponent_error.h"

#include "heads/rule_rows.h"
#include "spectrum_case.h"

/* (8 + sqrt 64) 100 + 2 x 7, and (100 + 7) / 2. */
START_TEST(error_of_sums)
{
    expect_relative(lln_exponent_error(LLN_FLOAT64, 100, 64, 7), 1614, 1e-15);
    expect_relative(lln_exponent_error(LLN_FLOAT32, 100, 64, 7), 53.5, 1e-15);
}
END_TEST

static double error_of(const char *kernel, const lln_head *head)
{
    lln_attention attention;
    lln_kernel_choice choice;
    expect_ok(lln_kernel_parse(kernel, &choice));
    expect_ok(lln_kernel_open(&choice, head, &attention));
    lln_kernel_set_error(&choice, head, &attention);
    double error = attention.exponent_error;
    lln_attention_close(&attention);
    return error;
}

/* |q| is at most 5, |k| at most 13, the mean key is (1, 7), 5 sqrt 2 long, and
 * keys are up to |(4, 5)| = sqrt 41 from it. lln has no logits: alpha 4 + beta
 * 12 = 44. For performers, sqrt(scale d) (|q| + |k|) + scale (|q|^2 + |k|^2) is
 * allowed for. */
START_TEST(error_of_heads)
{
    static const double q[] = {3, 4, 0, 1}, k[] = {5, 12, -3, 2};
    lln_head head = plain_head(q, k, 2, 2, false);
    double factor = 8 + sqrt(2);
    head.rule.scale = 0.5;
    double plain = 0.5 * 5 * (sqrt(41) + sqrt(50));
    expect_relative(error_of("softmax", &head), factor * plain, 1e-14);
    expect_relative(error_of("lln:alpha=2:beta=3", &head), 88, 1e-14);
    double features = 0.5 * 5 * 13 + 5 + 13 + 0.5 * (25 + 169);
    expect_relative(error_of("performer", &head), factor * features, 1e-14);
    head.rule.has_sink = true;
    head.rule.sink = -9;
    expect_relative(error_of("softmax", &head), factor * plain + 18, 1e-14);
    head = (lln_head){.q.rows = 2, .k.rows = 2};
    lln_kernel_choice choice;
    expect_ok(lln_kernel_parse("lln:alpha=2:beta=3", &choice));
    ck_assert(lln_kernel_exponent_error(&choice, &head, LLN_FLOAT64) == 0);
}
END_TEST

/* A bias near 1e6 is rounded by 6e-11, so that eigenvalues are wrong by about
 * 1e-11. The truth is by mpmath 1.3 with 50 digits, from the same numbers. */
START_TEST(bound_with_large_bias)
{
    static const double q[] = {0.3, -1.1, 0.7}, k[] = {0.9, 0.2, -0.6};
    static const double numbers[] = {1000000.1, 999999.3, 1000000.3, 1000001.3,
                                     999999.1};
    const lln_logit_bias bias = {.by_distance = numbers,
                                 .zero = 2,
                                 .largest = 1000001.3,
                                 .level = 1000001.3};
    lln_head head = plain_head(q, k, 3, 1, false);
    lln_spectrum out;
    head.rule.bias = &bias;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_DENSE, 2, 0, &out));
    double error = hypot(out.lambda2_re + 0.1624973105099263391,
                         fabs(out.lambda2_im) - 0.5083772178924652692);
    ck_assert_msg(error > 1e-14 && error < out.bound && out.bound < 1e-8,
                  "error %g, bound %g", error, out.bound);
    lln_spectrum_free(&out);
}
END_TEST

/* Numbers far below the largest of their row give no weight: -500
 * does not count. The largest numbers are 2 and -3. */
START_TEST(level_of_numbers)
{
    static const double x[] = {1, 1}, numbers[] = {-500, -3, 2, -500};
    const lln_logit_grid grid = {
        .tensor = {LLN_DTYPE_F64, .axes = 2, .shape = {2, 2}, .strides = {2, 1},
                   .data = (const unsigned char *)numbers},
        .slice = {0, 2, 2, 2, 1}};
    lln_logit_bias bias = {.numbers = &grid};
    lln_head head = plain_head(x, x, 2, 1, false);
    head.rule.bias = &bias;
    expect_ok(lln_rule_rows_check(&head, &bias));
    expect_relative(bias.largest, 500, 0);
    expect_relative(bias.level, 3, 0);
    ck_assert(!bias.hides);
    /* Equal keys are their mean, which counts with |q| |k| = 1. */
    expect_relative(error_of("softmax", &head), 9 + 2 * 3, 1e-14);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exponent_error");
    TCase *error = tcase_create("error");
    tcase_add_test(error, error_of_sums);
    tcase_add_test(error, error_of_heads);
    tcase_add_test(error, level_of_numbers);
    tcase_add_test(error, bound_with_large_bias);
    suite_add_tcase(suite, error);
    return run_suite(suite);
}
