/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>

#include "cases.h"
#include "measure/normality.h"

/* numpy 1.24, scipy 1.10, x = Q.ravel() of the case: x.mean(), x.std(ddof=1),
 * stats.skew(x), stats.kurtosis(x), kstest((x - mean)/sd, norm), z = (x -
 * mean)/x.std(), q = norm.ppf((i - .5)/n): mean |sort(z) - q|, corrcoef. */
static const struct {
    const char *name;
    double mean, deviation, skewness, excess_kurtosis, ks, wasserstein, qq;
} expected[] = {
    {"A", -0.01191253129470226, 1.291820661479908, 0.01421308753966642,
     -0.27839867542819174, 0.030818360322319105, 0.033133053848121936,
     0.998974723772516},
    {"B", -0.006908269938499679, 0.9944598430896923, 0.00693696057487171,
     -0.03754656670309586, 0.003193203725521676, 0.0046248416771913076,
     0.9999398360648489},
    {"C", 0.26082009731610234, 0.9237854118799479, -0.07355447385572593,
     0.0840710660841153, 0.011254935182023362, 0.017022055428885637,
     0.9996349673569208},
    {"E", 0.4433526359585604, 11.8315925312033, -0.016113524291631903,
     -0.1153580435715087, 0.014688457486340067, 0.018332915299230017,
     0.9996016445353777},
};

START_TEST(measure_cases)
{
    lln_head head = case_head(expected[_i].name, LLN_FLOAT64, false);
    lln_normality out;
    expect_ok(lln_normality_measure(head.q, &out));
    expect_absolute(out.mean, expected[_i].mean, 1e-13);
    expect_relative(out.deviation, expected[_i].deviation, 1e-13);
    expect_absolute(out.skewness, expected[_i].skewness, 1e-12);
    expect_absolute(out.excess_kurtosis, expected[_i].excess_kurtosis, 1e-12);
    expect_absolute(out.fit.ks, expected[_i].ks, 1e-12);
    expect_absolute(out.fit.wasserstein, expected[_i].wasserstein, 1e-12);
    expect_absolute(out.fit.qq, expected[_i].qq, 1e-12);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_undefined)
{
    double values[3] = {2.385, 2.385, 2.385};
    lln_matrix a = {LLN_FLOAT64, 1, 3, values};
    lln_normality out;
    expect_status(lln_normality_measure(a, &out), LLN_EUNDEFINED);
    expect_relative(out.mean, 2.385, 1e-15);
    ck_assert(out.deviation == 0 && isnan(out.skewness) && isnan(out.fit.ks));
    a.data = (double[]){1e-200, 2e-200, 4e-200}; /* not constant */
    expect_status(lln_normality_measure(a, &out), LLN_EUNDEFINED);
    ck_assert(isnan(out.deviation));
    a.data = values;
    a.columns = 1;
    expect_status(lln_normality_measure(a, &out), LLN_EUNDEFINED);
    ck_assert(isnan(out.mean));
}
END_TEST

/* More than 2^20 entries, counted in bins: `value(i)` for entry i of MANY, in
 * both precisions. The bounds are those of bins.h and sample.h for bins that
 * are placed with the exact standard deviation. */
enum { MANY = 16385 * 64 };

static void check_many(double value(size_t i), double ks, double wasserstein,
                       double qq)
{
    float *narrow = lln_array_alloc(MANY, sizeof *narrow);
    double *wide = lln_array_alloc(MANY, sizeof *wide);
    for (size_t i = 0; i < MANY; i++)
        narrow[i] = (float)(wide[i] = value(i));
    lln_matrix a[] = {{LLN_FLOAT32, 16385, 64, narrow},
                      {LLN_FLOAT64, 16385, 64, wide}};
    for (int i = 0; i < 2; i++) {
        lln_normality out;
        expect_ok(lln_normality_measure(a[i], &out));
        expect_absolute(out.fit.ks, ks, 2e-4);
        expect_absolute(out.fit.wasserstein, wasserstein, 2.5e-4);
        expect_absolute(out.fit.qq, qq, 2e-5);
    }
    free(narrow);
    free(wide);
}

/* Even features are normal, odd ones normal and ten times as wide. */
static double two_widths(size_t i)
{
    double q = gsl_cdf_ugaussian_Pinv(((double)(i / 2) + 0.5) / (MANY / 2));
    return i % 2 ? 10 * q : q;
}

/* scipy 1.10, F(z) = (Phi(z s) + Phi(z s/10))/2, s^2 = 50.5, f its density,
 * q = Phi^-1(F): minimize_scalar(-|F - Phi|), 2 quad(|F - Phi|, 0, inf),
 * 2 quad(z q f, 0, inf). */
START_TEST(measure_period)
{
    check_many(two_widths, 0.16793317537802, 0.270478524416952,
               0.949904003671245);
}
END_TEST

static double one_or_minus(size_t i)
{
    return i % 2 ? 14.3 : -14.3;
}

static double one_in_four(size_t i)
{
    return i % 4 == 1;
}

static double round_trip(size_t i)
{
    return i % 4 < 2 ? 0.1 : i % 4 == 2 ? 0.2 : 0;
}

/* scipy 1.10: for shares a to b at z, with Phi^-1(a) = qa and so on and t = z
 * moved into [qa, qb]: ks = max(|Phi(z) - a|, |Phi(z) - b|), wasserstein = sum
 * of z (2 Phi(t) - a - b) - (phi(qa) - phi(t)) + (phi(t) - phi(qb)), qq = sum
 * of z (phi(qa) - phi(qb)). */
START_TEST(measure_atoms)
{
    check_many(one_or_minus, 0.34134474606854293, 0.53537732154787976,
               0.79788456080286541);
    check_many(one_in_four, 0.46814856917461345, 0.6142266952941563,
               0.73387355912530328);
    check_many(round_trip, 0.25, 0.37602636002585144, 0.89880787778860749);
}
END_TEST

/* numpy 1.24, n = 16385*64: z = full(n, -1/sqrt(n - 1)); z[-1] = sqrt(n - 1);
 * q = ndtri((arange(n) + .5)/n): (n - 1)/n - ndtr(z[0]), mean |z - q|,
 * corrcoef(z, q). */
static double one_far(size_t i)
{
    return i == 12345 ? 1e6 : 0;
}

START_TEST(measure_far)
{
    check_many(one_far, 0.5003886266895667, 0.798852001963, 0.00478596885237);
}
END_TEST

static double constant(size_t i)
{
    (void)i;
    return 14.3;
}

static double subnormal(size_t i)
{
    (void)i;
    return 1e-40;
}

/* 1/3 in three ways; the last is one unit in the last place smaller. */
static double rounded(size_t i)
{
    double ninth = 1.0 / 9;
    return i % 3 == 0 ? 1.0 / 3 : i % 3 == 1 ? 3 * ninth : 1 - 2.0 / 3;
}

START_TEST(measure_constants)
{
    static double (*const values[])(size_t) = {constant, subnormal, rounded};
    size_t counts[] = {2, 3000, MANY};
    double *x = lln_array_alloc(MANY, sizeof *x);
    float *narrow = lln_array_alloc(MANY, sizeof *narrow);
    for (size_t i = 0; i < MANY; i++)
        narrow[i] = (float)(x[i] = values[_i](i));
    for (int c = 0; c < 6; c++) {
        lln_matrix a = {LLN_FLOAT64, counts[c / 2], 1, x};
        if (c % 2)
            a = (lln_matrix){LLN_FLOAT32, 1, counts[c / 2], narrow};
        lln_normality out;
        expect_status(lln_normality_measure(a, &out), LLN_EUNDEFINED);
        expect_relative(out.mean, values[_i](0), c % 2 ? 1e-5 : 1e-15);
        ck_assert(out.deviation == 0 && isnan(out.skewness));
        ck_assert(isnan(out.excess_kurtosis) && isnan(out.fit.ks));
    }
    free(x);
    free(narrow);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("normality");
    TCase *measure = tcase_create("measure");
    tcase_add_loop_test(measure, measure_cases, 0,
                        sizeof expected / sizeof expected[0]);
    tcase_add_test(measure, measure_undefined);
    tcase_set_timeout(measure, 60);
    tcase_add_test(measure, measure_period);
    tcase_add_test(measure, measure_atoms);
    tcase_add_test(measure, measure_far);
    tcase_add_loop_test(measure, measure_constants, 0, 3);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
