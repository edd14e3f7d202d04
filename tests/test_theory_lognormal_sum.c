/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums of log-normals against quadratures in other arithmetic (mpmath, numpy)
 * and against sums over a plain grid. */
#include "expect.h"
#include "theory/lognormal_sum.h"

/* d, s2, k1..k4 of ln S: numpy, trapezoidal rule in u, step 0.1; absolute
 * error below 1e-12 (k1, k2) and 1e-10 (k3, k4). */
static const double CUMULANTS[][6] = {
    {2, 0.01, 0.69564097179024487, 0.005012376639106586, 1.2224850998165948e-07,
     1.80242221148319e-09},
    {64, 0.01, 4.1638045726748416, 0.00015702128842542962,
     2.4367219353393921e-10, 1.2168044349891716e-13},
    {4, 0.25, 1.4772441090469406, 0.067875034082678587, 0.00064467087718655947,
     0.00012035024407719419},
    {16, 0.5, 3.0029707019332816, 0.039004324500717891, 0.00066515932883959294,
     0.00011317030120405747},
    {8, 1, 2.4894939607588, 0.17451128603279265, 0.014091618469846967,
     0.0070375696041482527},
    {32, 2, 4.3908947728026391, 0.13983579993290585, 0.024232190767525363,
     0.016683933970960574},
    {64, 2, 5.1177508828880587, 0.077996050610493972, 0.010852351078598499,
     0.006312982377020937},
    {4, 4, 2.4733907924487442, 1.5767850736894744, 0.53393613908385396,
     0.65370720543636285},
    {64, 4, 5.9995614724073825, 0.26550444912882454, 0.11095201992947734,
     0.12887404714931261},
    {128, 6, 7.6096681842614613, 0.3617785885575564, 0.22636118978988895,
     0.33570439115226858},
    {16, 9, 5.859909282338065, 1.9173014496766096, 1.5601887828304721,
     2.8776929687673887},
    {256, 9, 9.6222954891124015, 0.54271218353714912, 0.47859889447111392,
     0.88378920623129797},
    {8, 16, 6.0112786978754151, 5.2150425975010393, 5.1533352543639417,
     11.368091779313904},
    {64, 16, 9.9777026570442295, 2.2801587242563306, 2.8664457489339976,
     6.9095750361228143},
    {32, 25, 10.743942893154026, 5.0343635622095233, 7.5667614460078738,
     21.417261406393994},
    {2, 36, 3.4612887631373175, 24.128822886446986, 16.916939595500352,
     41.288223050320219},
    {64, 36, 14.438922298450739, 6.2091865093691245, 11.521144539468276,
     38.341034462091436},
};

/* d, s2, k1, k2: the same integral in mpmath with 30 digits. */
static const double MPMATH[][4] = {
    {64, 0.25, 4.2816708277939789637, 0.0044227452716787107502},
    {8, 1, 2.4894939607587998646, 0.17451128603279251946},
    {64, 4, 5.99956147240738134, 0.26550444912882435939},
    {64, 9, 7.8736649953513495682, 1.0089320534435041415},
    {256, 16, 12.101863087869042721, 1.4291679208868972667},
};

/* d, s2, skewness and excess kurtosis of ln S: quadrature as above, each
 * compatible with 1e6 random samples. */
static const double SHAPE[][4] = {
    {16, 0.25, 0.030810750399235851, 0.0160186144680282},
    {64, 1, 0.18858762348050948, 0.24239057094806987},
    {256, 4, 1.0477258549208759, 3.2591901670816776},
    {64, 9, 0.88641184299086007, 1.6650262879100992},
    {128, 16, 0.95868315729041076, 1.7345291524935869},
};

/* N, sigma, E ln Z, Var ln Z, E sum P^2 of a row of N iid logits: numpy,
 * step 0.1. */
static const double ROWS[][5] = {
    {64, 0.25, 4.1896294954780631, 0.0010071544281591294, 0.016613869264895397},
    {64, 6.0, 14.438922298450739, 6.2091865093691245, 0.62135167650472245},
    {128, 1.0, 5.3454499710276222, 0.013079669906095548, 0.02019171573308336},
    {512, 1.0, 6.7366555665245542, 0.0033321194529010167,
     0.0052345924331272109},
    {512, 2.0, 8.2045977876084724, 0.060093659327691507, 0.04638640010351866},
    {512, 4.0, 13.068893679407287, 1.1454146503854659, 0.31226489479456487},
    {1024, 3.0, 11.214744314077198, 0.28737058497671497, 0.13494586777346515},
    {4096, 0.5, 8.4427314973049068, 6.9338374034666472e-05,
     0.00031344869457109901},
    {4096, 2.0, 10.312130897053187, 0.010719169558387698, 0.009687051891193765},
};

START_TEST(sum_cumulants_table)
{
    static const double TOLERANCE[4] = {1e-11, 1e-11, 1e-10, 1e-9};
    const double *row = CUMULANTS[_i];
    double k[4];
    expect_ok(lln_theory_sum_cumulants((size_t)row[0], row[1], k));
    for (int i = 0; i < 4; i++)
        expect_absolute(k[i], row[2 + i], TOLERANCE[i]);
}
END_TEST

START_TEST(sum_cumulants_mpmath)
{
    const double *row = MPMATH[_i];
    double k[4];
    expect_ok(lln_theory_sum_cumulants((size_t)row[0], row[1], k));
    expect_absolute(k[0], row[2], 2e-14);
    expect_absolute(k[1], row[3], 2e-14);
}
END_TEST

START_TEST(sum_cumulants_shape)
{
    const double *row = SHAPE[_i];
    double k[4];
    expect_ok(lln_theory_sum_cumulants((size_t)row[0], row[1], k));
    expect_absolute(k[2] / (k[1] * sqrt(k[1])), row[2], 1e-8);
    expect_absolute(k[3] / (k[1] * k[1]), row[3], 1e-6);
}
END_TEST

START_TEST(sum_cumulants_row)
{
    const double *row = ROWS[_i];
    double k[4];
    expect_ok(lln_theory_sum_cumulants((size_t)row[0], row[1] * row[1], k));
    expect_absolute(k[0], row[2], 1e-11);
    expect_absolute(k[1], row[3], 1e-11);
}
END_TEST

/* Mean of (ln(e^{sx} + e^{sy}))^power, or with power 0 of the concentration,
 * over a grid of x and y; steps 0.1 are exact to rounding for s <= 2. */
static double mean_of_two(double s, int power)
{
    double sum = 0, weights = 0;
    for (double x = -9; x < 9.05; x += 0.1) {
        for (double y = -9; y < 9.05; y += 0.1) {
            double p = exp(s * x), q = exp(s * y);
            double w = exp(-(x * x + y * y) / 2);
            double share = p / (p + q);
            double value = power == 0
                               ? share * share + (1 - share) * (1 - share)
                               : pow(log(p + q), power);
            sum += w * value;
            weights += w;
        }
    }
    return sum / weights;
}

START_TEST(sum_cumulants_two_terms)
{
    static const double SPREADS[] = {0.03, 0.11, 0.37, 0.45, 1.3, 2};
    double s = SPREADS[_i], k[4], y2;
    double mean = mean_of_two(s, 1), square = mean_of_two(s, 2);
    expect_ok(lln_theory_sum_cumulants(2, s * s, k));
    expect_ok(lln_theory_sum_concentration(2, s * s, &y2));
    expect_absolute(k[0], mean, 1e-13);
    expect_absolute(k[1], square - mean * mean, 1e-12);
    expect_absolute(y2, mean_of_two(s, 0), 1e-13);
}
END_TEST

/* One term is normal; no quadrature is needed. */
START_TEST(sum_cumulants_one_term)
{
    double k[4];
    expect_ok(lln_theory_sum_cumulants(1, 17.25, k));
    expect_absolute(k[0], 0, 0);
    expect_absolute(k[1], 17.25, 0);
    expect_absolute(k[2], 0, 0);
    expect_absolute(k[3], 0, 0);
}
END_TEST

START_TEST(sum_cumulants_constant_terms)
{
    double k[4];
    expect_ok(lln_theory_sum_cumulants(37, 0, k));
    expect_absolute(k[0], log(37), 0);
    expect_absolute(k[1], 0, 0);
    expect_absolute(k[2], 0, 0);
    expect_absolute(k[3], 0, 0);
}
END_TEST

/* Central limit: S / d = e^{s2/2} (1 + noise of variance c / d), and ln of it
 * has variance c/d - m3/d^2 + (5/2) c^2/d^2 + O(1/d^3), mean shift -c/(2d),
 * with c = e^{s2} - 1, m3 = e^{3 s2} - 3 e^{s2} + 2. */
START_TEST(sum_cumulants_many_terms)
{
    double d = 1e7, s2 = 1.1, k[4];
    double c = expm1(s2), m3 = exp(3 * s2) - 3 * exp(s2) + 2;
    expect_ok(lln_theory_sum_cumulants((size_t)d, s2, k));
    expect_absolute(k[0], log(d) + s2 / 2 - c / (2 * d), 1e-12);
    expect_absolute(k[1], c / d + (2.5 * c * c - m3) / (d * d), 1e-14);
}
END_TEST

/* For large s, ln S is s times the largest of d normal values. For d = 2 that
 * maximum has mean 1/sqrt(pi) and variance 1 - 1/pi. */
START_TEST(sum_cumulants_broad)
{
    double s = 20, k[4];
    expect_ok(lln_theory_sum_cumulants(2, s * s, k));
    expect_relative(k[0], s / sqrt(M_PI), 0.005);
    expect_relative(k[1], s * s * (1 - 1 / M_PI), 0.005);
}
END_TEST

START_TEST(sum_cumulants_invalid)
{
    double k[4];
    expect_status(lln_theory_sum_cumulants(0, 1, k), LLN_EINVAL);
    expect_status(lln_theory_sum_cumulants(5, -0.1, k), LLN_EINVAL);
    expect_status(lln_theory_sum_cumulants(5, NAN, k), LLN_EINVAL);
    expect_status(lln_theory_sum_cumulants(5, 4097, k), LLN_EINVAL);
    expect_status(lln_theory_sum_cumulants(5, INFINITY, k), LLN_EINVAL);
}
END_TEST

START_TEST(sum_concentration_row)
{
    const double *row = ROWS[_i];
    double y2;
    expect_ok(
        lln_theory_sum_concentration((size_t)row[0], row[1] * row[1], &y2));
    expect_relative(y2, row[4], 1e-11);
}
END_TEST

START_TEST(sum_concentration_edges)
{
    double y2;
    expect_ok(lln_theory_sum_concentration(1, 2.3, &y2));
    expect_relative(y2, 1, 1e-13);
    expect_ok(lln_theory_sum_concentration(41, 0, &y2));
    expect_relative(y2, 1.0 / 41, 1e-13);
}
END_TEST

START_TEST(sum_concentration_invalid)
{
    double y2;
    expect_status(lln_theory_sum_concentration(0, 1, &y2), LLN_EINVAL);
    expect_status(lln_theory_sum_concentration(3, -1, &y2), LLN_EINVAL);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
    Suite *suite = suite_create("theory_lognormal_sum");
    TCase *cumulants = tcase_create("sum_cumulants");
    tcase_add_loop_test(cumulants, sum_cumulants_table, 0, COUNT(CUMULANTS));
    tcase_add_loop_test(cumulants, sum_cumulants_mpmath, 0, COUNT(MPMATH));
    tcase_add_loop_test(cumulants, sum_cumulants_shape, 0, COUNT(SHAPE));
    tcase_add_loop_test(cumulants, sum_cumulants_row, 0, COUNT(ROWS));
    tcase_add_loop_test(cumulants, sum_cumulants_two_terms, 0, 6);
    tcase_add_test(cumulants, sum_cumulants_one_term);
    tcase_add_test(cumulants, sum_cumulants_constant_terms);
    tcase_add_test(cumulants, sum_cumulants_many_terms);
    tcase_add_test(cumulants, sum_cumulants_broad);
    tcase_add_test(cumulants, sum_cumulants_invalid);
    suite_add_tcase(suite, cumulants);
    TCase *concentration = tcase_create("sum_concentration");
    tcase_add_loop_test(concentration, sum_concentration_row, 0, COUNT(ROWS));
    tcase_add_test(concentration, sum_concentration_edges);
    tcase_add_test(concentration, sum_concentration_invalid);
    suite_add_tcase(suite, concentration);
    return run_suite(suite);
}
