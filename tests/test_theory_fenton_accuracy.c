/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "expect.h"
#include "theory/fenton_accuracy.h"

/* d = 64. exact_*, D2, D1: quadrature with numpy in float64 and mpmath (error
 * < 1e-8); Fenton and the line: closed forms. */
static const struct {
    double s2, mean, variance, fenton, row, all;
} expected[] = {
    {1, 4.645942, 0.025609741493655358, 0.0264945, 0.015665155698277103,
     0.015666275035100562},
    {2, 5.117751, 0.077996050610493972, 0.0952, 0.053519085852176365,
     0.053572479425180113},
    {4, 5.999561, 0.26550444912882435939, 0.6084, 0.20076, 0.20237},
};

START_TEST(fenton_accuracy_table)
{
    lln_theory_accuracy a;
    double s2 = expected[_i].s2;
    expect_ok(lln_theory_fenton_accuracy(64, s2, &a));
    expect_absolute(a.exact_mean, expected[_i].mean, 6e-7);
    expect_relative(a.exact_variance, expected[_i].variance, 1e-8);
    expect_relative(a.fenton_variance, log1p(expm1(s2) / 64), 1e-14);
    expect_absolute(a.fenton_variance, expected[_i].fenton, 6e-5);
    expect_relative(a.fenton_mean, log(64) + (s2 - log1p(expm1(s2) / 64)) / 2,
                    1e-14);
    expect_absolute(a.log_variance_row, expected[_i].row, 6e-6);
    expect_absolute(a.log_variance, expected[_i].all, 6e-6);
    expect_relative(a.fenton_row_variance,
                    log1p(expm1(s2 / 2) * exp(s2 / 2) / 64), 1e-14);
    expect_relative(a.paper_line,
                    0.14855178144710912 * s2 - 0.35487039130661086, 1e-14);
    expect_relative(a.variance_error, a.fenton_variance / a.exact_variance - 1,
                    1e-14);
}
END_TEST

START_TEST(fenton_accuracy_refused)
{
    lln_theory_accuracy a;
    expect_status(lln_theory_fenton_accuracy(0, 1, &a), LLN_EINVAL);
    expect_status(lln_theory_fenton_accuracy(64, NAN, &a), LLN_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("theory_fenton_accuracy");
    TCase *accuracy = tcase_create("accuracy");
    tcase_add_loop_test(accuracy, fenton_accuracy_table, 0,
                        sizeof expected / sizeof expected[0]);
    tcase_add_test(accuracy, fenton_accuracy_refused);
    suite_add_tcase(suite, accuracy);
    return run_suite(suite);
}
