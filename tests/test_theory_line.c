/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The published line and the hyperbola against their formulas in numpy. */
#include "expect.h"
#include "theory/line.h"
#include "theory/lln_theory.h"

/* d, D2, balanced side by the hyperbola: numpy. */
static const double HYPERBOLA[][3] = {
    {16, 0.0625, 0.63405673667904439}, {16, 0.25, 1.1346026068372321},
    {16, 1, 1.8834291415724456},       {16, 2.25, 2.563653928341413},
    {16, 4, 3.2540076720894229},       {16, 9, 4.6753424563971704},
    {32, 0.0625, 0.75814385658094674}, {32, 0.25, 1.3088593976178373},
    {32, 1, 2.0855734068190261},       {32, 2.25, 2.7971018758072015},
    {32, 4, 3.5282865538476478},       {32, 9, 5.044956443920019},
    {64, 0.0625, 0.88932915500019427}, {64, 0.25, 1.4809094931196076},
    {64, 1, 2.2774301716188452},       {64, 2.25, 3.0192664453019802},
    {64, 4, 3.7907144952869163},       {64, 9, 5.4008624579342737},
    {128, 0.0625, 1.0256186800361531}, {128, 0.25, 1.6485649474681614},
    {128, 1, 2.4598032059259878},      {128, 2.25, 3.2318675550544764},
    {128, 4, 4.0433764227489641},      {128, 9, 5.7456884350791366},
};

/* sigma_q sigma_k, published side: numpy. */
static const double PAPER[][2] = {
    {0.25, 1.1852416060147912}, {0.5, 1.4268464303928683},
    {1, 2.1354772349782292},    {1.5, 2.9610049245291568},
    {2, 3.8285443920440363},    {3, 5.6113189830693511},
};

START_TEST(paper_side_table)
{
    const double *row = PAPER[_i];
    double s;
    expect_ok(lln_theory_paper_side(row[0] * 1.25, 0.8, &s));
    expect_relative(s, row[1], 1e-14);
}
END_TEST

START_TEST(paper_side_invalid)
{
    double s;
    expect_status(lln_theory_paper_side(-1, 1, &s), LLN_EINVAL);
    expect_status(lln_theory_paper_side(1, NAN, &s), LLN_EINVAL);
    expect_status(lln_theory_paper_side(INFINITY, 1, &s), LLN_EINVAL);
}
END_TEST

/* The line gives at its own side the value that was wanted. */
START_TEST(paper_variance_round_trip)
{
    double s, variance;
    expect_ok(lln_theory_paper_side(1.3, 1.1, &s));
    expect_ok(lln_theory_paper_variance(2 * s * s, &variance));
    expect_relative(variance, 1.3 * 1.3 * 1.1 * 1.1, 1e-14);
    expect_ok(lln_theory_paper_variance(0, &variance));
    expect_relative(variance, -0.35487039130661086, 0);
}
END_TEST

START_TEST(paper_variance_invalid)
{
    double variance;
    expect_status(lln_theory_paper_variance(-1, &variance), LLN_EINVAL);
    expect_status(lln_theory_paper_variance(NAN, &variance), LLN_EINVAL);
}
END_TEST

START_TEST(hyperbola_inverse_table)
{
    const double *row = HYPERBOLA[_i];
    double s2, variance;
    expect_ok(lln_theory_hyperbola_inverse((size_t)row[0], row[1], &s2));
    expect_relative(sqrt(s2 / 2), row[2], 1e-13);
    expect_ok(lln_theory_hyperbola((size_t)row[0], s2, &variance));
    expect_relative(variance, row[1], 1e-12);
}
END_TEST

/* The stated error on 0 < s2 <= 40, against the exact D2. */
START_TEST(hyperbola_error)
{
    static const size_t dims[] = {8, 16, 32, 64, 128, 256, 11, 48, 80, 181};
    size_t d = dims[_i];
    for (double s2 = 0.4; s2 <= 40; s2 *= 1.7) {
        lln_theory_lln_values lln;
        double variance, s = sqrt(s2 / 2);
        expect_ok(lln_theory_lln(d, s, s, &lln));
        expect_ok(lln_theory_hyperbola(d, s2, &variance));
        expect_absolute(variance, lln.log_variance_row, 0.031);
    }
}
END_TEST

/* Halfway between two fits in ln d, against the exact side. */
START_TEST(hyperbola_inverse_between)
{
    static const double targets[] = {0.35, 1, 4, 20};
    double s, s2;
    expect_ok(lln_theory_lln_match(91, targets[_i], &s));
    expect_ok(lln_theory_hyperbola_inverse(91, targets[_i], &s2));
    expect_relative(sqrt(s2 / 2), s, 0.015);
}
END_TEST

START_TEST(hyperbola_origin)
{
    double x;
    expect_ok(lln_theory_hyperbola(64, 0, &x));
    expect_absolute(x, 0, 0);
    expect_ok(lln_theory_hyperbola_inverse(64, 0, &x));
    expect_absolute(x, 0, 1e-14);
}
END_TEST

START_TEST(hyperbola_invalid)
{
    double x = 0;
    expect_status(lln_theory_hyperbola(64, -1, &x), LLN_EINVAL);
    expect_status(lln_theory_hyperbola(64, NAN, &x), LLN_EINVAL);
    expect_status(lln_theory_hyperbola_inverse(64, -1, &x), LLN_EINVAL);
    x = 0;
    expect_status(lln_theory_hyperbola(7, 1, &x), LLN_EUNDEFINED);
    expect_absolute(x, NAN, 0);
    x = 0;
    expect_status(lln_theory_hyperbola_inverse(257, 1, &x), LLN_EUNDEFINED);
    expect_absolute(x, NAN, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("theory_line");
    TCase *paper = tcase_create("paper_side, paper_variance");
    int count = sizeof PAPER / sizeof *PAPER;
    tcase_add_loop_test(paper, paper_side_table, 0, count);
    tcase_add_test(paper, paper_side_invalid);
    tcase_add_test(paper, paper_variance_round_trip);
    tcase_add_test(paper, paper_variance_invalid);
    suite_add_tcase(suite, paper);
    TCase *hyperbola = tcase_create("hyperbola, hyperbola_inverse");
    count = sizeof HYPERBOLA / sizeof *HYPERBOLA;
    tcase_add_loop_test(hyperbola, hyperbola_inverse_table, 0, count);
    tcase_add_loop_test(hyperbola, hyperbola_error, 0, 10);
    tcase_add_loop_test(hyperbola, hyperbola_inverse_between, 0, 4);
    tcase_add_test(hyperbola, hyperbola_origin);
    tcase_add_test(hyperbola, hyperbola_invalid);
    suite_add_tcase(suite, hyperbola);
    return run_suite(suite);
}
