/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lines fitted to the within-row log-variance, against least squares in numpy
 * over 400 points of an independent quadrature. */
#include "expect.h"
#include "theory/line_fit.h"
#include "theory/lln_theory.h"

/* d, D2 low, high; s2 low, high; slope, intercept, largest error, largest
 * relative error, D2 from which the line meets 5 %. */
static const double TABLE[][10] = {
    {8, 0.5, 2, 3.268519514652796, 9.712552131262791, 0.23402765276402177,
     -0.2900206343677951, 0.025096679532286115, 0.05019335954722309,
     0.5033070954479608},
    {15, 1, 4, 6.89447833158832, 20.863714898046098, 0.21566740155468087,
     -0.5199737920957692, 0.033059562237921614, 0.03305956233740257, 1},
    {16, 0.25, 4, 2.7104096904027184, 21.20497426412971, 0.20632725154236026,
     -0.4306190425827235, 0.12138765970217899, 0.4855506405682972,
     0.5678090074541231},
    {64, 0.5, 2, 6.670904603934399, 16.718300709492116, 0.1503117205542352,
     -0.5346125339191594, 0.031897359835491634, 0.0637947229134291,
     0.532124575033678},
    {64, 1, 9, 10.287181300692735, 57.96652065351264, 0.16895126186928947,
     -0.8328221524342425, 0.09478988801078292, 0.09478988825659809,
     1.2691570935460699},
    {128, 2, 8, 19.216937717799063, 58.88912255431996, 0.15162905487448042,
     -0.947936105596175, 0.034090049816863255, 0.01704502449975744, 2},
};

START_TEST(fit_table)
{
    const double *row = TABLE[_i];
    lln_theory_line line;
    expect_ok(lln_theory_line_fit((size_t)row[0], 1, row[1], row[2], &line));
    expect_relative(line.s2_low, row[3], 1e-7);
    expect_relative(line.s2_high, row[4], 1e-7);
    expect_absolute(line.slope, row[5], 1e-6);
    expect_absolute(line.intercept, row[6], 1e-6);
    expect_absolute(line.error, row[7], 1e-6);
    expect_absolute(line.relative_error, row[8], 1e-6);
    expect_relative(line.good_low, row[9], 1e-5);
    expect_relative(line.good_high, row[2], 1e-6);
}
END_TEST

/* One feature: D2 = b^2 = s2 / (1 + ratio^2), a line through the origin. */
START_TEST(fit_one_feature)
{
    lln_theory_line line;
    expect_ok(lln_theory_line_fit(1, 3, 0.25, 4, &line));
    expect_relative(line.slope, 0.1, 1e-9);
    expect_absolute(line.intercept, 0, 1e-9);
    expect_absolute(line.relative_error, 0, 1e-8);
}
END_TEST

/* For a = 4 b: the line leaves no more than the stated error at a point. */
START_TEST(fit_ratio)
{
    lln_theory_line line;
    double s2, d2;
    expect_ok(lln_theory_line_fit(16, 4, 0.5, 2, &line));
    for (int i = 0; i <= 3; i++) {
        s2 = line.s2_low + (line.s2_high - line.s2_low) * i / 3;
        double b = sqrt(s2 / 17);
        expect_ok(lln_theory_lln_row_variance(16, 4 * b, b, &d2));
        expect_absolute(line.slope * s2 + line.intercept, d2,
                        line.error * (1 + 1e-7));
    }
    expect_relative(d2, 2, 1e-8);
}
END_TEST

START_TEST(fit_invalid)
{
    lln_theory_line line;
    expect_status(lln_theory_line_fit(0, 1, 0.5, 2, &line), LLN_EINVAL);
    expect_status(lln_theory_line_fit(8, 1, 0, 2, &line), LLN_EINVAL);
    expect_status(lln_theory_line_fit(8, 1, 2, 2, &line), LLN_EINVAL);
    expect_status(lln_theory_line_fit(8, 1, NAN, 2, &line), LLN_EINVAL);
    expect_status(lln_theory_line_fit(8, 0, 1, 2, &line), LLN_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("theory_line_fit");
    TCase *fit = tcase_create("line_fit");
    tcase_set_timeout(fit, 120);
    tcase_add_loop_test(fit, fit_table, 0, sizeof TABLE / sizeof *TABLE);
    tcase_add_test(fit, fit_one_feature);
    tcase_add_test(fit, fit_ratio);
    tcase_add_test(fit, fit_invalid);
    suite_add_tcase(suite, fit);
    return run_suite(suite);
}
