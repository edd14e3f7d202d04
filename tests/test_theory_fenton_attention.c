/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fenton's approximation of ln P against the plain formulas, and its errors. */
#include "expect.h"
#include "theory/fenton_attention.h"

/* From numpy, d = 64, m = 512, a2 = 1.3, b2 = 0.7:
 *     v = log1p(expm1(2) / 64); w = log1p(expm1(.7) * exp(1.3) / 64)
 *     -log(512) - v / 2, v, -log(512) - w / 2, w */
START_TEST(fenton_attention_plain)
{
    lln_theory_fenton_values sum, row;
    expect_ok(lln_theory_fenton_attention(64, 512, 1.3, 0.7, &sum, &row));
    expect_relative(sum.log_mean, -6.28590198232953, 1e-14);
    expect_relative(sum.log_variance, 0.09515471458004349, 1e-14);
    expect_relative(row.log_mean, -6.266572085787798, 1e-14);
    expect_relative(row.log_variance, 0.05649492149658148, 1e-14);
}
END_TEST

/* One feature: S = e^{s Z} is log-normal, and b2 is exact for a row. */
START_TEST(fenton_attention_one_feature)
{
    lln_theory_fenton_values sum, row;
    expect_ok(lln_theory_fenton_attention(1, 1, 0.4, 0.9, &sum, &row));
    expect_relative(sum.log_variance, 1.3, 1e-14);
    expect_relative(sum.log_mean, -0.65, 1e-14);
    expect_ok(lln_theory_fenton_attention(1, 1, 0, 0.9, &sum, &row));
    expect_relative(row.log_variance, 0.9, 1e-14);
}
END_TEST

START_TEST(fenton_attention_invalid)
{
    lln_theory_fenton_values sum, row;
    expect_status(lln_theory_fenton_attention(0, 8, 1, 1, &sum, &row),
                  LLN_EINVAL);
    expect_status(lln_theory_fenton_attention(4, 0, 1, 1, &sum, &row),
                  LLN_EINVAL);
    expect_status(lln_theory_fenton_attention(4, 8, NAN, 1, &sum, &row),
                  LLN_EINVAL);
    expect_status(lln_theory_fenton_attention(4, 8, 1, -1, &sum, &row),
                  LLN_EINVAL);
}
END_TEST

/* -6.5 + 6.2 and 0.75 / 0.6 - 1 */
START_TEST(fenton_error_plain)
{
    const lln_theory_fenton_values of = {-6.5, 0.75};
    lln_theory_fenton_values error = lln_theory_fenton_error(&of, -6.2, 0.6);
    expect_relative(error.log_mean, -0.3, 1e-14);
    expect_relative(error.log_variance, 0.25, 1e-14);
    error = lln_theory_fenton_error(&of, NAN, NAN);
    ck_assert(isnan(error.log_mean) && isnan(error.log_variance));
    error = lln_theory_fenton_error(&of, -6.2, 0);
    ck_assert(isnan(error.log_variance));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("theory_fenton_attention");
    TCase *values = tcase_create("attention"), *errors = tcase_create("error");
    tcase_add_test(values, fenton_attention_plain);
    tcase_add_test(values, fenton_attention_one_feature);
    tcase_add_test(values, fenton_attention_invalid);
    tcase_add_test(errors, fenton_error_plain);
    suite_add_tcase(suite, values);
    suite_add_tcase(suite, errors);
    return run_suite(suite);
}
