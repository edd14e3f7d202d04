/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of normality against R, scipy, mpmath and their formulas in numpy. */
#include "normality_vectors.h"

static void expect_undefined(lln_test test)
{
    ck_assert(isnan(test.statistic) && isnan(test.p));
}

/* scipy 1.10: norm.ppf((np.arange(1, 6) - .375)/5.25) */
START_TEST(scores_five)
{
    double scores[5];
    lln_normal_scores(5, scores);
    expect_relative(scores[0], -1.1797611176118612, 1e-14);
    expect_relative(scores[1], -0.49720057068155399, 1e-14);
    expect_absolute(scores[2], 0, 1e-16);
    expect_relative(scores[4], 1.1797611176118612, 1e-14);
}
END_TEST

/* numpy 1.24, x = (5.5, -1, 2, 2, 9): z = (sort(x) - 3.5)/x.std(ddof=1);
 * stats.skew(x), 3 + stats.kurtosis(x). */
START_TEST(standard_five)
{
    double x[] = {5.5, -1, 2, 2, 9}, scores[5];
    lln_standard_sample sample;
    expect_ok(lln_standard_sample_make(x, scores, 5, &sample));
    ck_assert(sample.z == x && sample.n == 5);
    expect_relative(x[0], -1.1717001988274149, 1e-14);
    expect_relative(x[1], -0.39056673294247163, 1e-14);
    ck_assert(x[1] == x[2]);
    expect_relative(x[4], 1.4320780207890627, 1e-14);
    expect_relative(sample.skewness, 0.37745781351761032, 1e-13);
    expect_relative(sample.kurtosis, 1.9408934214306233, 1e-13);
}
END_TEST

/* The same sample shifted and scaled, to the ends of the range of float64. */
START_TEST(standard_scales)
{
    static const double scales[] = {1e300, 1e-300, -1};
    for (int s = 0; s < 3; s++) {
        double x[] = {5.5, -1, 2, 2, 9}, scores[5];
        lln_standard_sample sample;
        for (int i = 0; i < 5; i++)
            x[i] *= scales[s];
        expect_ok(lln_standard_sample_make(x, scores, 5, &sample));
        expect_relative(
            sample.skewness,
            scales[s] > 0 ? 0.37745781351761032 : -0.37745781351761032, 1e-12);
        expect_relative(sample.kurtosis, 1.9408934214306233, 1e-12);
    }
}
END_TEST

START_TEST(standard_refuses)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    double scores[3];
    lln_standard_sample sample;
    for (int i = 0; i < 3; i++) {
        double x[] = {2.385, bad[i], 1};
        expect_status(lln_standard_sample_make(x, scores, 3, &sample),
                      LLN_EINVAL);
        ck_assert_str_eq(lln_error_message(), "value 1 is not finite");
    }
    double constant[] = {2.385, 2.385, 2.385};
    expect_status(lln_standard_sample_make(constant, scores, 3, &sample),
                  LLN_EUNDEFINED);
    expect_status(lln_standard_sample_make(constant, scores, 1, &sample),
                  LLN_EUNDEFINED);
    expect_status(lln_standard_sample_make(constant, scores, 0, &sample),
                  LLN_EUNDEFINED);
}
END_TEST

START_TEST(lilliefors_samples)
{
    lln_standard_sample s = standard_sample(samples[_i].x, samples[_i].n);
    expect_test(lln_lilliefors(&s), samples[_i].lilliefors);
    free_sample(&s);
}
END_TEST

START_TEST(anderson_darling_samples)
{
    lln_standard_sample s = standard_sample(samples[_i].x, samples[_i].n);
    expect_test(lln_anderson_darling(&s), samples[_i].anderson_darling);
    free_sample(&s);
}
END_TEST

START_TEST(dagostino_pearson_samples)
{
    lln_standard_sample s = standard_sample(samples[_i].x, samples[_i].n);
    lln_test out = lln_dagostino_pearson(&s);
    /* scipy does not center before it sums: 2e-9 at the offset of 1e6 */
    expect_relative(out.statistic, samples[_i].dagostino_pearson.statistic,
                    samples[_i].x == sample_offset_64 ? 1e-8 : 1e-9);
    expect_absolute(out.p, samples[_i].dagostino_pearson.p, 1e-9);
    free_sample(&s);
}
END_TEST

START_TEST(jarque_bera_samples)
{
    lln_standard_sample s = standard_sample(samples[_i].x, samples[_i].n);
    lln_test out = lln_jarque_bera(&s);
    expect_relative(out.statistic, samples[_i].jarque_bera.statistic,
                    samples[_i].x == sample_offset_64 ? 1e-8 : 1e-9);
    expect_absolute(out.p, samples[_i].jarque_bera.p, 1e-9);
    free_sample(&s);
}
END_TEST

/* The formulas of the headers in numpy, for logistic_sample(n): all ranges of
 * the modified statistics, and both sides of n = 100. */
START_TEST(logistic_sizes)
{
    static const struct {
        size_t n;
        lln_test lilliefors, anderson_darling, dagostino_pearson, jarque_bera;
    } expected[] = {
        {8,
         {0.089875264142144307, 1},
         {0.10226526660606794, 0.99127464032882751},
         {0.035959524469946602, 0.98218090930362378},
         {0.24845762492760159, 0.88317773568786206}},
        {11,
         {0.082227620970948934, 1},
         {0.093586461288527545, 0.99576195818320001},
         {0.087940959088724416, 0.95698220760687203},
         {0.3093636493506543, 0.85668771101518737}},
        {40,
         {0.042942611216115312, 1},
         {0.070700939841700006, 0.99932786759073022},
         {0.51318559454892576, 0.77368319553630349},
         {0.19655859785864144, 0.90639571304542543}},
        {100,
         {0.027085993177117379, 1},
         {0.10648528959009695, 0.99425328729736639},
         {1.5214303340271407, 0.46733208697668915},
         {0.985343435747015, 0.61099181383836743}},
        {101,
         {0.027974058290977294, 1},
         {0.11911500427802935, 0.9891075821002181},
         {1.6240068896360587, 0.44396770982317446},
         {1.0937713663571997, 0.57874941569608507}},
        {700,
         {0.023904347656630298, 0.42970227599921884},
         {0.98083512642074311, 0.013650480179842791},
         {13.243906381275824, 0.0013308290426075596},
         {23.243658389666511, 8.9681675001391059e-06}},
        {5001,
         {0.022592560138305545, 4.308464218869503e-06},
         {7.2934403640947494, 8.0481546664664743e-18},
         {109.6245114593742, 1.5679773899821279e-24},
         {244.06868155399982, 1.0026727170413211e-53}},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        lln_standard_sample s = logistic_sample(expected[i].n);
        expect_test(lln_lilliefors(&s), expected[i].lilliefors);
        expect_test(lln_anderson_darling(&s), expected[i].anderson_darling);
        expect_test(lln_dagostino_pearson(&s), expected[i].dagostino_pearson);
        expect_test(lln_jarque_bera(&s), expected[i].jarque_bera);
        free_sample(&s);
    }
}
END_TEST

START_TEST(too_few)
{
    lln_standard_sample s = logistic_sample(7);
    expect_undefined(lln_anderson_darling(&s));
    expect_undefined(lln_dagostino_pearson(&s));
    /* numpy */
    expect_test(lln_lilliefors(&s),
                (lln_test){0.1116770607449763, 0.9976873924938062});
    free_sample(&s);
    s = logistic_sample(4);
    expect_undefined(lln_lilliefors(&s));
    expect_test(lln_jarque_bera(&s),
                (lln_test){0.231992693857008, 0.8904784762730704});
    free_sample(&s);
}
END_TEST

/* 1999 zeros and a value 44.7 standard deviations away, where 1 - Phi
 * underflows. mpmath with 40 digits: erfc(-t/sqrt(2))/2 in A2. D = 1999/2000 -
 * Phi(-1/sqrt(2000)). */
START_TEST(far_value)
{
    double *x = lln_array_alloc(2000, sizeof *x);
    x[1234] = 1e6;
    lln_standard_sample s = standard_sample(x, 2000);
    expect_test(lln_anderson_darling(&s),
                (lln_test){772.30491892812080, 3.7e-24});
    expect_test(lln_lilliefors(&s), (lln_test){0.5084198772514661, 0});
    expect_absolute(lln_dagostino_pearson(&s).p, 0, 0);
    free_sample(&s);
    free(x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("normality_tests");
    TCase *sample = tcase_create("sample"), *tests = tcase_create("tests");
    tcase_add_test(sample, scores_five);
    tcase_add_test(sample, standard_five);
    tcase_add_test(sample, standard_scales);
    tcase_add_test(sample, standard_refuses);
    tcase_add_loop_test(tests, lilliefors_samples, 0, SAMPLES);
    tcase_add_loop_test(tests, anderson_darling_samples, 0, SAMPLES);
    tcase_add_loop_test(tests, dagostino_pearson_samples, 0, SAMPLES);
    tcase_add_loop_test(tests, jarque_bera_samples, 0, SAMPLES);
    tcase_add_test(tests, logistic_sizes);
    tcase_add_test(tests, too_few);
    tcase_add_test(tests, far_value);
    suite_add_tcase(suite, sample);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
