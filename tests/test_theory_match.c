/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The side at which LLN attention has a wanted log-variance, against bisection
 * in numpy and against the forward formula. */
#include "expect.h"
#include "theory/lln_theory.h"

/* d, D2, balanced side: root of integrals over the plane, numpy,
 * step 0.25. */
static const double MATCH[][3] = {
    {16, 0.0625, 0.73601681638297389}, {16, 0.25, 1.1641326571802895},
    {16, 1, 1.8758232934193975},       {16, 2.25, 2.5624543964285547},
    {16, 4, 3.2561460545694141},       {16, 9, 4.671317343957913},
    {32, 0.0625, 0.88865469747175452}, {32, 0.25, 1.3350310081105501},
    {32, 1, 2.0763832083557983},       {32, 2.25, 2.7975676791285835},
    {32, 4, 3.530952988634612},        {32, 9, 5.0356092213601684},
    {64, 0.0625, 1.0417092895108102},  {64, 0.25, 1.500518129134192},
    {64, 1, 2.2679485512789168},       {64, 2.25, 3.0216207466325491},
    {64, 4, 3.7929347037611549},       {64, 9, 5.3836103433201306},
    {128, 0.0625, 1.1918594919550876}, {128, 0.25, 1.6599011857738875},
    {128, 1, 2.4512290012347338},      {128, 2.25, 3.2359242028432109},
    {128, 4, 4.0438048883956883},      {128, 9, 5.7176522725916925},
};

/* d, D2, balanced side: as above, for the D2 of three data sets. */
static const double CASE[][3] = {
    {8, 1.357757457923555, 1.8808732952714871},
    {64, 1.0073424127223363, 2.2734374945471338},
    {16, 0.74471004056627743, 1.6865153783765157},
};

START_TEST(lln_match_table)
{
    const double *row = MATCH[_i];
    double s;
    expect_ok(lln_theory_lln_match((size_t)row[0], row[1], &s));
    expect_relative(s, row[2], 1e-9);
}
END_TEST

START_TEST(lln_match_case)
{
    const double *row = CASE[_i];
    double s;
    expect_ok(lln_theory_lln_match((size_t)row[0], row[1], &s));
    expect_relative(s, row[2], 1e-8);
}
END_TEST

/* The side that is found gives the target. */
START_TEST(lln_match_round_trip)
{
    static const double TARGET[] = {1e-4, 0.0137, 2.385, 40};
    static const size_t DIMENSION[] = {2, 64, 300};
    double target = TARGET[_i % 4], s;
    size_t d = DIMENSION[_i / 4];
    lln_theory_lln_values lln;
    expect_ok(lln_theory_lln_match(d, target, &s));
    expect_ok(lln_theory_lln(d, s, s, &lln));
    expect_relative(lln.log_variance_row, target, 1e-9);
}
END_TEST

/* One feature: s = sqrt(target). */
START_TEST(lln_match_one_feature)
{
    double s;
    expect_ok(lln_theory_lln_match(1, 2.385, &s));
    expect_relative(s, sqrt(2.385), 1e-9);
}
END_TEST

/* The sides a = ratio b that are found give the target, and ratio 1 is the
 * balanced side. */
START_TEST(lln_match_ratio)
{
    static const double ratios[] = {0.25, 2, 8};
    double b, s, ratio = ratios[_i];
    lln_theory_lln_values lln;
    expect_ok(lln_theory_lln_match_ratio(24, 0.77, ratio, &b));
    expect_ok(lln_theory_lln(24, ratio * b, b, &lln));
    expect_relative(lln.log_variance_row, 0.77, 1e-9);
    expect_ok(lln_theory_lln_match_ratio(24, 0.77, 1, &b));
    expect_ok(lln_theory_lln_match(24, 0.77, &s));
    ck_assert_double_eq(b, s);
    expect_status(lln_theory_lln_match_ratio(24, 0.77, 0, &b), LLN_EINVAL);
    expect_status(lln_theory_lln_match_ratio(24, 0.77, NAN, &b), LLN_EINVAL);
}
END_TEST

START_TEST(lln_match_invalid)
{
    double s;
    expect_status(lln_theory_lln_match(0, 1, &s), LLN_EINVAL);
    expect_status(lln_theory_lln_match(8, 0, &s), LLN_EINVAL);
    expect_status(lln_theory_lln_match(8, -1, &s), LLN_EINVAL);
    expect_status(lln_theory_lln_match(8, NAN, &s), LLN_EINVAL);
    expect_status(lln_theory_lln_match(8, INFINITY, &s), LLN_EINVAL);
    expect_status(lln_theory_lln_match(8, 1e5, &s), LLN_ENOCONV);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
    Suite *suite = suite_create("theory_match");
    TCase *match = tcase_create("lln_match");
    tcase_set_timeout(match, 60);
    tcase_add_loop_test(match, lln_match_table, 0, COUNT(MATCH));
    tcase_add_loop_test(match, lln_match_case, 0, COUNT(CASE));
    tcase_add_loop_test(match, lln_match_round_trip, 0, 12);
    tcase_add_test(match, lln_match_one_feature);
    tcase_add_loop_test(match, lln_match_ratio, 0, 3);
    tcase_add_test(match, lln_match_invalid);
    suite_add_tcase(suite, match);
    return run_suite(suite);
}
