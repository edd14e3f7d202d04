/* SPDX-License-Identifier: GPL-3.0-or-later */
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
    a.columns = 1;
    expect_status(lln_normality_measure(a, &out), LLN_EUNDEFINED);
    ck_assert(isnan(out.mean));
}
END_TEST

/* Beyond 2^20 entries every second one is sorted: an even pattern of two
 * normal-like sets must give the fit of the first alone. */
START_TEST(measure_many)
{
    size_t count = (1 << 20) + 2;
    float *values = lln_array_alloc(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = i % 2 ? 7 : (float)(i % 1024) / 1024;
    lln_matrix a = {LLN_FLOAT32, 1, count, values};
    lln_normality all;
    expect_ok(lln_normality_measure(a, &all));
    expect_relative(all.mean, (7 + 0.4990234375) / 2, 1e-5);
    /* the sorted half lies below all.mean: the step of the empirical
     * distribution at its largest value, 1022/1024, reaches 1 */
    double z = (1022.0 / 1024 - all.mean) / all.deviation;
    expect_relative(all.fit.ks, 1 - 0.5 * erfc(-z / sqrt(2)), 1e-5);
    free(values);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("normality");
    TCase *measure = tcase_create("measure");
    tcase_add_loop_test(measure, measure_cases, 0,
                        sizeof expected / sizeof expected[0]);
    tcase_add_test(measure, measure_undefined);
    tcase_add_test(measure, measure_many);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
