/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention of Gaussian inputs against quadratures in numpy and against
 * plain sums over few features. */
#include "expect.h"
#include "theory/lln_theory.h"

/* d, s2 = a^2 + b^2 with a = b, Var ln S, D2, D1, Y2(a): numpy, trapezoidal
 * rule with step 0.25 in the plane; stated absolute error below 1e-8, found
 * below 1e-12. */
static const double VARIANCE[][6] = {
    {8, 0.050000000000000003, 0.0063866629718885015, 0.0032277051513301121,
     0.0032277055094698769, 0.12774253935130403},
    {64, 0.050000000000000003, 0.00080075792796407974, 0.00040529524522790207,
     0.00040529524607106778, 0.016013899425083033},
    {256, 0.050000000000000003, 0.00020025562127545804, 0.00010137381967473428,
     0.00010137381968735682, 0.0040047212120221465},
    {16, 0.25, 0.017521397423983176, 0.0092509019818700147,
     0.0092509474503882569, 0.070099281760934315},
    {64, 0.5, 0.010025270970488442, 0.0056089903217669485,
     0.0056090168105246384, 0.01992641223577097},
    {32, 1, 0.049474807873970184, 0.029882834116239765, 0.029888539009095674,
     0.049436168211550509},
    {64, 2, 0.077996050610493972, 0.053519085852176365, 0.053572479425180113,
     0.038804239796806139},
    {256, 2, 0.022546079686944553, 0.016056988496776135, 0.016060112604558308,
     0.010334464250474532},
    {8, 4, 1.0119065480510308, 0.65376397697160094, 0.66218570953715605,
     0.31665590225800311},
    {64, 4, 0.26550444912882454, 0.20076404291164532, 0.2023717325497934,
     0.075620508279317641},
    {64, 9, 1.0089320534435078, 0.81393580149685119, 0.84520465778735598,
     0.18106758606501652},
    {128, 9, 0.73984291974033956, 0.62068601491508324, 0.64270498036908352,
     0.1275805234872994},
    {16, 16, 3.8642249113409726, 2.8647694693752932, 3.0392190730031299,
     0.45333005491219469},
    {64, 16, 2.2801587242563306, 1.8845133743669664, 2.0246209039851557,
     0.2995275577881682},
    {256, 25, 2.7078171657922532, 2.4228035501260328, 2.7060011009343388,
     0.29442738077681296},
    {8, 36, 12.572045802551639, 8.7970243735975693, 9.4229458876232091,
     0.68160072240635827},
    {64, 36, 6.2091865093691192, 5.2270787845965181, 5.8811925860531558,
     0.48412438255564738},
};

/* d, balanced side, D2, D1: the same integrals at the sides that formulas
 * give. */
static const double SIDES[][4] = {
    {16, 1.1852416060147912, 0.26403646427245264, 0.26569997370218967},
    {16, 1.294148604214779, 0.34429571330533398, 0.34737732505164182},
    {16, 3.2540076720894229, 3.993881664805834, 4.2825913685676262},
    {32, 1.4268464303928683, 0.31205912810271341, 0.3154543290504066},
    {32, 1.6745198122543479, 0.52302062802929783, 0.53337920681385431},
    {32, 5.044956443920019, 9.036830728406807, 10.151094885318695},
    {64, 2.1354772349782292, 0.83104588045363181, 0.86358193424452068},
    {64, 2.0175094938197198, 0.69413160445154176, 0.71710486460037703},
    {128, 1.0256186800361531, 0.033040998195714849, 0.03306008331462941},
    {128, 2.9610049245291568, 1.7591718297123475, 1.9065427117597449},
    {128, 2.6317207118877128, 1.2455723267352345, 1.3268733261017958},
};

/* d, balanced side, sqrt((e^{b^2} - 1)(Y2(a) - 1/d)): numpy. */
static const double LAMBDA2_LIMIT[][3] = {
    {64, 0.25, 0.007986024554177771},
    {64, 0.5, 0.034952974159727805},
    {64, 1, 0.19957070561669799},
};

/* n, d, balanced side, |lambda_2|, norm of P~ over sqrt(n): means over 2 to 12
 * simulated heads, dense eigenvalues. */
static const double SIMULATED[][5] = {
    {512, 64, 0.25, 0.00037541081714473367, 0.00035251814138891779},
    {512, 64, 1, 0.0092127116328334681, 0.0087864642476867243},
    {512, 64, 2, 0.095454543389160401, 0.09179733946599393},
    {512, 64, 3, 0.3059250629717748, 0.2845468439656807},
    {4096, 64, 0.25, 0.00013317175162811157, 0.00012456697884309433},
    {4096, 64, 1, 0.0031713687303581589, 0.0030819479859811212},
    {4096, 64, 2, 0.041456992547599575, 0.037630164868022856},
    {4096, 64, 3, 0.18893095571215979, 0.18281016087726187},
};

START_TEST(lln_table)
{
    const double *row = VARIANCE[_i];
    double s = sqrt(row[1] / 2);
    lln_theory_lln_values lln;
    expect_ok(lln_theory_lln((size_t)row[0], s, s, &lln));
    expect_absolute(lln.sum_variance, row[2], 1e-11);
    expect_absolute(lln.log_variance_row, row[3], 1e-11);
    expect_absolute(lln.log_variance, row[4], 1e-11);
    expect_absolute(lln.concentration, row[5], 1e-11);
}
END_TEST

START_TEST(lln_sides)
{
    const double *row = SIDES[_i];
    lln_theory_lln_values lln;
    expect_ok(lln_theory_lln((size_t)row[0], row[1], row[1], &lln));
    expect_absolute(lln.log_variance_row, row[2], 1e-10);
    expect_absolute(lln.log_variance, row[3], 1e-10);
}
END_TEST

/* Two features. ln P given the query (p, q) is ln(w e^{by} + (1 - w) e^{bz})
 * - b^2/2 - ln n, w = 1 / (1 + e^{a(q - p)}): a mean over x = (q - p)/sqrt 2,
 * y and z on a plain grid that is exact to rounding. Variances [0] D2,
 * [1] D1. */
static void two_features(double a, double b, double variance[2])
{
    double fine = 0.3 / (1 + a), step = 0.3, norm = step / sqrt(2 * M_PI);
    double mean = 0, square = 0, row_variance = 0;
    for (double x = -9; x < 9.1; x += fine) {
        double w = 1 / (1 + exp(a * M_SQRT2 * x)), row = 0, row2 = 0;
        for (double y = -9; y < 9.1; y += step) {
            for (double z = -9; z < 9.1; z += step) {
                double p = norm * norm * exp(-(y * y + z * z) / 2);
                double l = log(w * exp(b * y) + (1 - w) * exp(b * z));
                row += p * l;
                row2 += p * l * l;
            }
        }
        double p = norm * fine / step * exp(-x * x / 2);
        row_variance += p * (row2 - row * row);
        mean += p * row;
        square += p * row2;
    }
    variance[0] = row_variance;
    variance[1] = square - mean * mean;
}

START_TEST(lln_two_features)
{
    static const double SIDE[][2] = {{0.04, 0.04}, {0.3, 1.2}, {0.7, 0.7},
                                     {1.7, 0.4},   {1.1, 1.9}, {2, 0.03},
                                     {8, 0.9}};
    double a = SIDE[_i][0], b = SIDE[_i][1], expected[2];
    lln_theory_lln_values lln;
    two_features(a, b, expected);
    expect_ok(lln_theory_lln(2, a, b, &lln));
    expect_absolute(lln.log_variance_row, expected[0], 1e-11);
    expect_absolute(lln.log_variance, expected[1], 1e-11);
}
END_TEST

/* One feature: P is a softmax of b Z for any a. */
START_TEST(lln_one_feature)
{
    static const double SIDE[][2] = {
        {1e-3, 0.02}, {0.25, 0.25}, {3, 1.3}, {7, 7}};
    double a = SIDE[_i][0], b = SIDE[_i][1], log_mean;
    lln_theory_lln_values lln;
    expect_ok(lln_theory_lln(1, a, b, &lln));
    expect_absolute(lln.log_variance_row, b * b, 1e-11);
    expect_absolute(lln.log_variance, b * b, 1e-11);
    expect_ok(lln_theory_lln_log_mean(9, &lln, &log_mean));
    expect_absolute(log_mean, -log(9) - b * b / 2, 1e-13);
}
END_TEST

/* Small sides: D2 -> b^2 / d, D1 the same, relative error of order a^2 + b^2.
 */
START_TEST(lln_small_sides)
{
    double a = 3e-3, b = 2e-3;
    lln_theory_lln_values lln;
    expect_ok(lln_theory_lln(64, a, b, &lln));
    expect_relative(lln.log_variance_row, b * b / 64, 2e-5);
    expect_relative(lln.log_variance, b * b / 64, 2e-5);
}
END_TEST

/* As a grows a row follows one key feature: D2 -> b^2 from below. */
START_TEST(lln_large_query_side)
{
    lln_theory_lln_values lln;
    expect_ok(lln_theory_lln(8, 12, 0.9, &lln));
    expect_relative(lln.log_variance_row, 0.81, 0.15);
    ck_assert(lln.log_variance_row < 0.81);
}
END_TEST

START_TEST(lln_no_query_side)
{
    lln_theory_lln_values lln;
    expect_ok(lln_theory_lln(64, 0, 1, &lln));
    expect_absolute(lln.feature_mean, log(64), 0);
    expect_relative(lln.concentration, 1.0 / 64, 1e-13);
    /* Var ln S at s2 = 1, d = 64: quadrature in numpy. */
    expect_absolute(lln.log_variance_row, 0.025609741493655358, 1e-13);
    expect_absolute(lln.log_variance, 0.025609741493655358, 1e-13);
}
END_TEST

START_TEST(lln_no_key_side)
{
    lln_theory_lln_values lln;
    expect_ok(lln_theory_lln(64, 1, 0, &lln));
    expect_absolute(lln.sum_mean, 4.6459422203271297, 1e-13); /* as above */
    expect_absolute(lln.feature_mean, 4.6459422203271297, 1e-13);
    expect_absolute(lln.log_variance_row, 0, 0);
    expect_absolute(lln.log_variance, 0, 0);
}
END_TEST

START_TEST(lln_invalid)
{
    lln_theory_lln_values lln;
    expect_status(lln_theory_lln(0, 1, 1, &lln), LLN_EINVAL);
    expect_status(lln_theory_lln(8, -1, 1, &lln), LLN_EINVAL);
    expect_status(lln_theory_lln(8, 1, -1, &lln), LLN_EINVAL);
    expect_status(lln_theory_lln(8, NAN, 1, &lln), LLN_EINVAL);
    expect_status(lln_theory_lln(8, 1, NAN, &lln), LLN_EINVAL);
    expect_status(lln_theory_lln(8, 64, 1, &lln), LLN_EINVAL);
}
END_TEST

/* The formula by hand. */
START_TEST(lln_log_mean_value)
{
    lln_theory_lln_values lln = {
        .d = 64, .a = 1, .b = 1.5, .sum_mean = 5.25, .feature_mean = 4.5};
    double mean;
    expect_ok(lln_theory_lln_log_mean(512, &lln, &mean));
    expect_relative(mean, 5.25 - log(512) - 1.125 - 4.5, 1e-15);
}
END_TEST

START_TEST(lln_log_mean_invalid)
{
    lln_theory_lln_values lln = {.d = 8};
    double mean;
    expect_status(lln_theory_lln_log_mean(0, &lln, &mean), LLN_EINVAL);
}
END_TEST

/* From concentrations in numpy: 0.0052345924331272109 for n = 512 and
 * 0.038804239796806139 for d = 64, both at spread 1. */
START_TEST(lln_lambda2_value)
{
    lln_theory_lln_values lln;
    double lambda2, expected = sqrt((0.0052345924331272109 - 1.0 / 512) *
                                    (0.038804239796806139 - 1.0 / 64));
    expect_ok(lln_theory_lln(64, 1, 1, &lln));
    expect_ok(lln_theory_lln_lambda2(512, &lln, &lambda2));
    expect_relative(lambda2, expected, 1e-11);
}
END_TEST

START_TEST(lln_lambda2_simulated)
{
    const double *row = SIMULATED[_i];
    lln_theory_lln_values lln;
    double lambda2;
    expect_ok(lln_theory_lln((size_t)row[1], row[2], row[2], &lln));
    expect_ok(lln_theory_lln_lambda2((size_t)row[0], &lln, &lambda2));
    expect_relative(lambda2, row[3], 0.3);
    expect_relative(lambda2, row[4], 0.3);
    if (row[2] <= 1)
        expect_relative(lambda2, row[4], 0.02);
}
END_TEST

START_TEST(lln_lambda2_degenerate)
{
    lln_theory_lln_values lln;
    double lambda2;
    expect_ok(lln_theory_lln(8, 1.2, 0.9, &lln));
    expect_ok(lln_theory_lln_lambda2(1, &lln, &lambda2));
    expect_absolute(lambda2, 0, 1e-7);
    expect_ok(lln_theory_lln(8, 1.2, 0, &lln));
    expect_ok(lln_theory_lln_lambda2(9, &lln, &lambda2));
    expect_absolute(lambda2, 0, 1e-7);
}
END_TEST

START_TEST(lln_lambda2_invalid)
{
    lln_theory_lln_values lln = {.d = 8, .a = 1, .b = 1, .concentration = 0.3};
    double x;
    expect_status(lln_theory_lln_lambda2(0, &lln, &x), LLN_EINVAL);
}
END_TEST

/* n -> inf; at n = 1e7 the correction is about e^{4 b^2} / n. */
START_TEST(lln_lambda2_limit)
{
    const double *row = LAMBDA2_LIMIT[_i];
    lln_theory_lln_values lln;
    double lambda2;
    expect_ok(lln_theory_lln((size_t)row[0], row[1], row[1], &lln));
    expect_ok(lln_theory_lln_lambda2(10000000, &lln, &lambda2));
    expect_relative(lambda2 * sqrt(1e7), row[2], 2e-6);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

static TCase *forward_case(void)
{
    TCase *lln = tcase_create("lln");
    tcase_add_loop_test(lln, lln_table, 0, COUNT(VARIANCE));
    tcase_add_loop_test(lln, lln_sides, 0, COUNT(SIDES));
    tcase_add_loop_test(lln, lln_two_features, 0, 7);
    tcase_add_loop_test(lln, lln_one_feature, 0, 4);
    tcase_add_test(lln, lln_small_sides);
    tcase_add_test(lln, lln_large_query_side);
    tcase_add_test(lln, lln_no_query_side);
    tcase_add_test(lln, lln_no_key_side);
    tcase_add_test(lln, lln_invalid);
    return lln;
}

static TCase *derived_case(void)
{
    TCase *derived = tcase_create("lln_log_mean, lln_lambda2");
    tcase_add_test(derived, lln_log_mean_value);
    tcase_add_test(derived, lln_log_mean_invalid);
    tcase_add_test(derived, lln_lambda2_value);
    tcase_add_loop_test(derived, lln_lambda2_simulated, 0, COUNT(SIMULATED));
    tcase_add_test(derived, lln_lambda2_degenerate);
    tcase_add_loop_test(derived, lln_lambda2_limit, 0, COUNT(LAMBDA2_LIMIT));
    tcase_add_test(derived, lln_lambda2_invalid);
    return derived;
}

int main(void)
{
    Suite *suite = suite_create("theory_lln");
    suite_add_tcase(suite, forward_case());
    suite_add_tcase(suite, derived_case());
    return run_suite(suite);
}
