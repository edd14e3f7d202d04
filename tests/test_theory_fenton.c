/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fenton-Wilkinson against the plain formulas in numpy, and against their
 * limits where these overflow. */
#include "expect.h"
#include "theory/fenton.h"

/* d, s2, mean, variance, variance of the row form at a2 = b2 = s2 / 2: closed
 * forms in numpy, double precision. */
static const double TABLE[][5] = {
    {2, 0.01, 0.69564093058598675, 0.0050124999479170141,
     0.0025156561942707018},
    {4, 0.25, 1.4769949989290614, 0.068598724381658413, 0.037025267333682506},
    {8, 1, 2.4821578944058298, 0.19456729454801175, 0.12548227119175914},
    {64, 2, 5.1113057260696495, 0.095154714580043487, 0.070440614445573646},
    {64, 4, 5.8546879728744496, 0.60839022097044282, 0.55252907509694471},
    {16, 9, 4.1579583654596135, 6.2292607135603362, 6.2182348632869147},
    {8, 16, 3.1191619186467978, 13.920559246066077, 13.920223839995192},
    {32, 25, 5.1986038539843271, 21.5342640976308, 21.534260370984573},
    {1, 0.01, 0, 0.01, 0.0050249997395872825},
    {64, 36, 6.2383246250395015, 31.841116916640342, 31.841116901410363},
};

START_TEST(fenton_table)
{
    const double *row = TABLE[_i];
    double mean, variance;
    expect_ok(lln_theory_fenton((size_t)row[0], row[1], &mean, &variance));
    expect_absolute(mean, row[2], 1e-12);
    expect_relative(variance, row[3], 1e-12);
    expect_ok(lln_theory_fenton((size_t)row[0], row[1], NULL, &variance));
    expect_ok(lln_theory_fenton((size_t)row[0], row[1], &mean, NULL));
}
END_TEST

START_TEST(fenton_inverse_table)
{
    const double *row = TABLE[_i];
    double s2;
    expect_ok(lln_theory_fenton_inverse((size_t)row[0], row[3], &s2));
    expect_relative(s2, row[1], 1e-12);
}
END_TEST

START_TEST(fenton_row_table)
{
    const double *row = TABLE[_i];
    double half = row[1] / 2, variance;
    expect_ok(lln_theory_fenton_row((size_t)row[0], half, half, &variance));
    expect_relative(variance, row[4], 1e-12);
}
END_TEST

START_TEST(fenton_row_inverse_table)
{
    const double *row = TABLE[_i];
    double side2;
    expect_ok(lln_theory_fenton_row_inverse((size_t)row[0], row[4], &side2));
    expect_relative(side2, row[1] / 2, 1e-12);
}
END_TEST

/* s2 -> inf: variance = s2 - ln d, mean = (3/2) ln d; 600 is where the code
 * changes its form. */
START_TEST(fenton_large)
{
    static const double S2[] = {599.5, 600.5, 1000, 1e6};
    double s2 = S2[_i], mean, variance, back;
    expect_ok(lln_theory_fenton(64, s2, &mean, &variance));
    expect_relative(variance, s2 - log(64), 1e-14);
    expect_absolute(mean, 1.5 * log(64), 1e-9);
    expect_ok(lln_theory_fenton_inverse(64, variance, &back));
    expect_relative(back, s2, 1e-14);
}
END_TEST

START_TEST(fenton_row_large)
{
    static const double S2[] = {299.5, 300.5, 700, 1e5};
    double s2 = S2[_i], variance, back;
    expect_ok(lln_theory_fenton_row(128, s2, s2, &variance));
    expect_relative(variance, 2 * s2 - log(128), 1e-14);
    expect_ok(lln_theory_fenton_row_inverse(128, variance, &back));
    expect_relative(back, s2, 1e-14);
}
END_TEST

/* The inverse for a = ratio b gives back b2, also where 1 + x rounds to 1 and
 * where e^x overflows. */
START_TEST(fenton_row_ratio)
{
    static const double B2[] = {3e-19, 0.02, 1, 7, 900};
    static const double RATIO[] = {0.2, 1, 3};
    double b2 = B2[_i % 5], ratio = RATIO[_i / 5], variance, back;
    expect_ok(lln_theory_fenton_row(48, ratio * ratio * b2, b2, &variance));
    expect_ok(lln_theory_fenton_row_ratio_inverse(48, variance, ratio, &back));
    expect_relative(back, b2, 5e-14);
    expect_ok(lln_theory_fenton_row_ratio_inverse(48, 0, ratio, &back));
    expect_absolute(back, 0, 0);
    expect_status(lln_theory_fenton_row_ratio_inverse(48, 1, -ratio, &back),
                  LLN_EINVAL);
    expect_status(lln_theory_fenton_row_ratio_inverse(48, 1, NAN, &back),
                  LLN_EINVAL);
    expect_status(lln_theory_fenton_row_ratio_inverse(48, NAN, ratio, &back),
                  LLN_EINVAL);
}
END_TEST

/* The leading order s2 / d survives where 1 + x rounds to 1. */
START_TEST(fenton_small)
{
    double mean, variance, side2;
    expect_ok(lln_theory_fenton(32, 3e-17, &mean, &variance));
    expect_relative(variance, 3e-17 / 32, 1e-14);
    expect_ok(lln_theory_fenton_row(32, 0.5, 3e-17, &variance));
    expect_relative(variance, 3e-17 * exp(0.5) / 32, 1e-14);
    expect_ok(lln_theory_fenton_row_inverse(32, 3e-19, &side2));
    expect_relative(side2, 32 * 3e-19, 1e-14);
}
END_TEST

START_TEST(fenton_zero)
{
    double mean, variance, s2;
    expect_ok(lln_theory_fenton(7, 0, &mean, &variance));
    expect_absolute(mean, log(7), 0);
    expect_absolute(variance, 0, 0);
    expect_ok(lln_theory_fenton_inverse(7, 0, &s2));
    expect_absolute(s2, 0, 0);
    expect_ok(lln_theory_fenton_row(7, 900, 0, &variance));
    expect_absolute(variance, 0, 0);
    expect_ok(lln_theory_fenton_row_inverse(7, 0, &s2));
    expect_absolute(s2, 0, 0);
}
END_TEST

START_TEST(fenton_invalid)
{
    double x;
    expect_status(lln_theory_fenton(0, 1, &x, &x), LLN_EINVAL);
    expect_status(lln_theory_fenton(2, -1, &x, &x), LLN_EINVAL);
    expect_status(lln_theory_fenton(2, NAN, &x, &x), LLN_EINVAL);
    expect_status(lln_theory_fenton(2, INFINITY, &x, &x), LLN_EINVAL);
    expect_status(lln_theory_fenton_inverse(0, 1, &x), LLN_EINVAL);
    expect_status(lln_theory_fenton_inverse(2, -1, &x), LLN_EINVAL);
    expect_status(lln_theory_fenton_row(0, 1, 1, &x), LLN_EINVAL);
    expect_status(lln_theory_fenton_row(2, -1, 1, &x), LLN_EINVAL);
    expect_status(lln_theory_fenton_row(2, 1, NAN, &x), LLN_EINVAL);
    expect_status(lln_theory_fenton_row_inverse(0, 1, &x), LLN_EINVAL);
    expect_status(lln_theory_fenton_row_inverse(2, NAN, &x), LLN_EINVAL);
}
END_TEST

int main(void)
{
    int count = sizeof TABLE / sizeof *TABLE;
    Suite *suite = suite_create("theory_fenton");
    TCase *table = tcase_create("fenton");
    tcase_add_loop_test(table, fenton_table, 0, count);
    tcase_add_loop_test(table, fenton_inverse_table, 0, count);
    tcase_add_loop_test(table, fenton_row_table, 0, count);
    tcase_add_loop_test(table, fenton_row_inverse_table, 0, count);
    tcase_add_loop_test(table, fenton_row_ratio, 0, 15);
    tcase_add_loop_test(table, fenton_large, 0, 4);
    tcase_add_loop_test(table, fenton_row_large, 0, 4);
    tcase_add_test(table, fenton_small);
    tcase_add_test(table, fenton_zero);
    tcase_add_test(table, fenton_invalid);
    suite_add_tcase(suite, table);
    return run_suite(suite);
}
