/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of normality by feature: thinning and Bonferroni's adjustment. */
#include <gsl/gsl_randist.h>

#include "cases.h"
#include "measure/feature.h"
#include "measure/normality_features.h"
#include "measure/shapiro.h"

enum { D = 4 };

/* n tokens of D features: autoregressions of order 1 with coefficient rho and
 * logistic noise. */
static lln_matrix make(double *x, size_t n, double rho)
{
    double state[D] = {0};
    for (size_t i = 0; i < n * D; i++) {
        double u = fmod((double)(i + 1) * 0.6180339887498949 +
                            0.3 * (double)(i % D * i % 7),
                        1);
        state[i % D] = rho * state[i % D] + log(u / (1 - u));
        x[i] = state[i % D];
    }
    return (lln_matrix){LLN_FLOAT64, n, D, x};
}

/* The tests of one column on its own. */
static void test_alone(lln_matrix a, size_t j, size_t step,
                       lln_test out[LLN_NORMALITY_TESTS])
{
    size_t tokens = lln_feature_tokens(a.rows, step);
    double *x = lln_array_alloc(tokens, sizeof *x);
    double *scores = lln_array_alloc(tokens, sizeof *scores);
    lln_standard_sample sample;
    lln_feature_read(a, j, step, x);
    lln_normal_scores(tokens, scores);
    expect_ok(lln_standard_sample_make(x, scores, tokens, &sample));
    out[LLN_LILLIEFORS] = lln_lilliefors(&sample);
    out[LLN_ANDERSON_DARLING] = lln_anderson_darling(&sample);
    out[LLN_SHAPIRO_WILK] = lln_shapiro_wilk(&sample);
    out[LLN_SHAPIRO_FRANCIA] = lln_shapiro_francia(&sample);
    out[LLN_DAGOSTINO_PEARSON] = lln_dagostino_pearson(&sample);
    out[LLN_JARQUE_BERA] = lln_jarque_bera(&sample);
    free(x);
    free(scores);
}

/* Columns are tested on every step-th token, by default of their own steps, and
 * `all` has the smallest p-value times D. */
static void check_step(lln_matrix a, size_t given)
{
    lln_tested all, features[D], alone;
    double steps[D], widest = 0;
    expect_ok(lln_normality_features_test(a, given, &all, features));
    for (size_t j = 0; j < D; j++) {
        double own = ceil((double)a.rows / features[j].effective.n_var);
        steps[j] = given ? (double)given : own;
        widest = fmax(widest, steps[j]);
        ck_assert(features[j].step == steps[j] && features[j].features == D);
    }
    ck_assert(all.step == widest && all.features == D);
    ck_assert(all.tokens == (double)lln_feature_tokens(a.rows, (size_t)widest));
    for (size_t t = 0; t < LLN_NORMALITY_TESTS; t++) {
        double least = 1;
        size_t at = 0;
        for (size_t j = 0; j < D; j++) {
            lln_test own[LLN_NORMALITY_TESTS];
            test_alone(a, j, (size_t)steps[j], own);
            ck_assert(features[j].tests[t].statistic == own[t].statistic);
            ck_assert(features[j].tests[t].p == own[t].p);
            ck_assert(features[j].adjusted[t] == fmin(1, D * own[t].p));
            at = own[t].p < least ? j : at;
            least = fmin(least, own[t].p);
        }
        ck_assert(all.tests[t].p == fmin(1, D * least));
        ck_assert(all.tests[t].statistic == features[at].tests[t].statistic);
    }
    ck_assert(all.state == LLN_TESTED && features[1].state == LLN_TESTED);
    expect_ok(lln_normality_features_test(a, given, &alone, NULL));
    ck_assert(memcmp(&alone, &all, sizeof all) == 0);
}

START_TEST(features_steps)
{
    static double x[600 * D];
    lln_matrix a = make(x, 600, 0.7);
    lln_effective effective;
    expect_ok(lln_effective_measure(a, &effective, NULL));
    check_step(a, 1);
    check_step(a, 7);
    ck_assert(effective.n_var > 100 && effective.n_var < 400);
    check_step(a, 0);
    for (size_t i = 0; i < 600; i++) /* column 1 becomes slower */
        x[i * D + 1] += i > 0 ? 0.9 * x[(i - 1) * D + 1] : 0;
    check_step(a, 0);
}
END_TEST

/* With few effective tokens there are statistics but no p-values, unless the
 * step is given. */
START_TEST(features_few)
{
    static double x[200 * D];
    lln_tested all, features[D];
    lln_matrix a = make(x, 200, 0.99);
    expect_ok(lln_normality_features_test(a, 0, &all, features));
    ck_assert(all.effective.n_var < LLN_TESTED_LEAST);
    ck_assert(all.state == LLN_TESTED_FEW && features[2].state == all.state);
    ck_assert(isnan(all.tests[LLN_SHAPIRO_WILK].p));
    ck_assert(isnan(features[2].adjusted[LLN_SHAPIRO_WILK]));
    double least = 1;
    for (size_t j = 0; j < D; j++)
        least = fmin(least, features[j].tests[LLN_SHAPIRO_WILK].statistic);
    ck_assert(all.tests[LLN_SHAPIRO_WILK].statistic == least);
    check_step(a, 20);
    expect_ok(lln_normality_features_test(a, 34, &all, NULL)); /* 6 tokens */
    ck_assert(all.tokens == 6 && all.state == LLN_TESTED_FEW);
    ck_assert(isnan(all.tests[LLN_ANDERSON_DARLING].statistic));
    ck_assert(!isnan(all.tests[LLN_SHAPIRO_WILK].p));
    expect_ok(lln_normality_features_test(a, 1000, &all, features));
    ck_assert(all.tokens == 1 && all.state == LLN_TESTED_FEW);
    ck_assert(isnan(all.tests[LLN_JARQUE_BERA].statistic));
}
END_TEST

/* A slow feature among fast ones has no p-value, and does not count. */
START_TEST(features_slow)
{
    static double x[400 * D];
    lln_tested all, features[D];
    lln_matrix a = make(x, 400, 0);
    for (size_t i = 0; i < 400; i++)
        x[i * D + 2] = 0.01 * sin((double)i / 40);
    expect_ok(lln_normality_features_test(a, 0, &all, features));
    ck_assert(features[2].effective.n_var < LLN_TESTED_LEAST);
    ck_assert(features[2].state == LLN_TESTED_FEW);
    ck_assert(all.state == LLN_TESTED_SOME && all.features == 3);
    ck_assert(features[2].step > all.step && features[2].features == 3);
    ck_assert(isnan(features[2].tests[0].p));
    ck_assert(features[1].adjusted[0] == fmin(1, 3 * features[1].tests[0].p));
}
END_TEST

START_TEST(features_constant)
{
    static double x[100 * D];
    lln_tested all, features[D];
    lln_matrix a = make(x, 100, 0);
    for (size_t i = 0; i < 100; i++)
        x[i * D + 1] = 1.0 / 3;
    expect_ok(lln_normality_features_test(a, 1, &all, features));
    ck_assert(features[1].state == LLN_TESTED_CONSTANT);
    ck_assert(isnan(features[1].tests[0].statistic));
    ck_assert(isnan(features[1].effective.n_var));
    ck_assert(features[0].adjusted[0] == fmin(1, 3 * features[0].tests[0].p));
    ck_assert(all.state == LLN_TESTED_SOME && !isnan(all.tests[0].p));
    ck_assert(all.features == 3);
    for (size_t i = 0; i < 100 * D; i++)
        x[i] = -14.3;
    expect_ok(lln_normality_features_test(a, 0, &all, features));
    ck_assert(all.state == LLN_TESTED_CONSTANT && all.step == 1);
    ck_assert(isnan(all.tests[0].p) && isnan(all.tests[0].statistic));
    ck_assert(all.features == 0);
}
END_TEST

/* Above 5000 tokens Shapiro's tests have no values; the others have. */
START_TEST(features_many)
{
    static double x[5001 * D];
    lln_tested all;
    lln_matrix a = make(x, 5001, 0);
    expect_ok(lln_normality_features_test(a, 1, &all, NULL));
    ck_assert(all.state == LLN_TESTED_MANY);
    ck_assert(isnan(all.tests[LLN_SHAPIRO_WILK].statistic));
    ck_assert(isnan(all.tests[LLN_SHAPIRO_FRANCIA].p));
    ck_assert(!isnan(all.tests[LLN_LILLIEFORS].p));
    check_step(a, 2);
}
END_TEST

/* The fraction of `heads` matrices of n = 512 normal tokens that each test
 * rejects at 5 percent. The first `slow` features are autoregressive with
 * coefficient rho, the others independent. */
static void reject_some(size_t heads, size_t d, size_t slow, double rho,
                        size_t step, double fractions[LLN_NORMALITY_TESTS])
{
    enum { N = 512 };
    gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
    double *x = lln_array_alloc(N * d, sizeof *x);
    memset(fractions, 0, LLN_NORMALITY_TESTS * sizeof *fractions);
    for (size_t h = 0; h < heads; h++) {
        lln_tested all;
        for (size_t i = 0; i < N * d; i++) {
            double z = gsl_ran_ugaussian(random);
            double r = i % d < slow ? rho : 0;
            x[i] = i < d ? z : r * x[i - d] + sqrt(1 - r * r) * z;
        }
        expect_ok(lln_normality_features_test(
            (lln_matrix){LLN_FLOAT64, N, d, x}, step, &all, NULL));
        for (size_t t = 0; t < LLN_NORMALITY_TESTS; t++)
            fractions[t] += (all.tests[t].p < 0.05) / (double)heads;
    }
    free(x);
    gsl_rng_free(random);
}

static void reject(size_t heads, size_t d, double rho, size_t step,
                   double fractions[LLN_NORMALITY_TESTS])
{
    reject_some(heads, d, d, rho, step, fractions);
}

/* The levels that lln-stats(1) states, within 4 standard errors of them: from
 * 8000 matrices of one feature and 3000 of 16, drawn by numpy and measured by
 * lln-stats. */
START_TEST(features_levels)
{
    double all[LLN_NORMALITY_TESTS], thinned[LLN_NORMALITY_TESTS];
    reject(800, 1, 0.8, 1, all);
    reject(800, 1, 0.8, 0, thinned);
    expect_absolute(all[LLN_LILLIEFORS], 0.192, 0.057);
    expect_absolute(all[LLN_SHAPIRO_WILK], 0.314, 0.066);
    expect_absolute(thinned[LLN_LILLIEFORS], 0.053, 0.032);
    expect_absolute(thinned[LLN_ANDERSON_DARLING], 0.053, 0.032);
    expect_absolute(thinned[LLN_SHAPIRO_WILK], 0.054, 0.032);
    reject(500, 1, 0.95, 1, all);
    expect_absolute(all[LLN_LILLIEFORS], 0.649, 0.086);
    reject(500, 16, 0, 1, all);
    expect_absolute(all[LLN_SHAPIRO_WILK], 0.055, 0.041);
    expect_absolute(all[LLN_DAGOSTINO_PEARSON], 0.076, 0.048);
    expect_absolute(all[LLN_JARQUE_BERA], 0.114, 0.057);
}
END_TEST

/* One slow feature among 15 fast ones is thinned by its own autocorrelation, so
 * that the matrix keeps its level. With the step of the average, Lilliefors'
 * test rejected in 41 percent of 300 such matrices, drawn by numpy. */
START_TEST(features_level_of_slow)
{
    double fractions[LLN_NORMALITY_TESTS];
    reject_some(400, 16, 1, 0.95, 0, fractions);
    expect_absolute(fractions[LLN_LILLIEFORS], 0.05, 0.044);
    expect_absolute(fractions[LLN_SHAPIRO_WILK], 0.05, 0.044);
    expect_absolute(fractions[LLN_ANDERSON_DARLING], 0.05, 0.044);
}
END_TEST

START_TEST(features_refused)
{
    double x[] = {1, 2, 3, 4, NAN, 6};
    lln_tested all;
    lln_matrix a = {LLN_FLOAT64, 3, 2, x};
    expect_status(lln_normality_features_test(a, 0, &all, NULL), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "entry (2, 0) is not finite");
    x[4] = -INFINITY;
    expect_status(lln_normality_features_test(a, 1, &all, NULL), LLN_EINVAL);
    a.rows = 0;
    expect_ok(lln_normality_features_test(a, 0, &all, NULL));
    ck_assert(all.state == LLN_TESTED_FEW && isnan(all.tests[0].p));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("normality_features");
    TCase *features = tcase_create("features");
    tcase_add_test(features, features_steps);
    tcase_add_test(features, features_few);
    tcase_add_test(features, features_slow);
    tcase_add_test(features, features_constant);
    tcase_add_test(features, features_many);
    tcase_add_test(features, features_refused);
    tcase_set_timeout(features, 60);
    tcase_add_test(features, features_levels);
    tcase_add_test(features, features_level_of_slow);
    suite_add_tcase(suite, features);
    return run_suite(suite);
}
