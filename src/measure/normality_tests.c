/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/normality_tests.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_poly.h>
#include <gsl/gsl_sf_erf.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdbool.h>

#include "measure/feature.h"

static const lln_test UNDEFINED = {NAN, NAN};

void lln_normal_scores(size_t n, double *scores)
{
    for (size_t i = 0; i < n; i++)
        scores[i] =
            gsl_cdf_ugaussian_Pinv(((double)i + 0.625) / ((double)n + 0.25));
}

/* Divides x by its standard deviation, in two steps, so that squares do not
 * overflow; false: all are 0. */
static bool scale(double *x, size_t n)
{
    double largest = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(x[i]));
    if (!(largest > 0))
        return false;
    for (size_t i = 0; i < n; i++) {
        x[i] /= largest;
        sum += x[i] * x[i];
    }
    double deviation = sqrt(sum / (double)(n - 1));
    for (size_t i = 0; i < n; i++)
        x[i] /= deviation;
    return true;
}

static void add_shape(lln_standard_sample *sample)
{
    double n = (double)sample->n, m = (n - 1) / n, m3 = 0, m4 = 0;
    for (size_t i = 0; i < sample->n; i++) {
        double z = sample->z[i], z2 = z * z;
        m3 += z2 * z;
        m4 += z2 * z2;
    }
    sample->skewness = m3 / n / (m * sqrt(m));
    sample->kurtosis = m4 / n / (m * m);
}

lln_status lln_standard_sample_make(double *x, double *scores, size_t n,
                                    lln_standard_sample *sample)
{
    lln_matrix values = {LLN_FLOAT64, n, 1, x};
    size_t bad = lln_matrix_find_nonfinite(values);
    *sample = (lln_standard_sample){x, scores, n, NAN, NAN};
    if (bad < n)
        return lln_fail(LLN_EINVAL, "value %zu is not finite", bad);
    if (n < 2)
        return lln_fail(LLN_EUNDEFINED, "%zu values; expected at least 2", n);
    lln_feature_centre(x, n);
    if (!scale(x, n))
        return lln_fail(LLN_EUNDEFINED, "all values are equal");
    gsl_sort(x, 1, n);
    add_shape(sample);
    return LLN_OK;
}

/* For p > 0.1: a polynomial for each range of the modified statistic. */
static double lilliefors_large_p(double n, double d)
{
    static const struct {
        double end, coefficients[5];
    } ranges[] = {
        {0.302, {1, 0, 0, 0, 0}},
        {0.5, {2.76773, -19.828315, 80.709644, -138.55152, 81.218052}},
        {0.9, {-4.901232, 40.662806, -97.490286, 94.029866, -32.355711}},
        {1.31, {6.198765, -19.558097, 23.186922, -12.234627, 2.423045}},
    };
    double k = (sqrt(n) - 0.01 + 0.85 / sqrt(n)) * d;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (k <= ranges[i].end)
            return gsl_poly_eval(ranges[i].coefficients, 5, k);
    return 0;
}

static double lilliefors_p(double n, double d)
{
    double most = fmin(n, 100);
    double scaled = n > 100 ? d * pow(n / 100, 0.49) : d;
    double root = scaled * sqrt(most + 2.78019);
    double p = exp(-7.01256 * root * root + 2.99587 * root - 0.122119 +
                   0.974598 / sqrt(most) + 1.67997 / most);
    return p > 0.1 ? lilliefors_large_p(n, d) : p;
}

lln_test lln_lilliefors(const lln_standard_sample *sample)
{
    double n = (double)sample->n, d = 0;
    if (sample->n < 5)
        return UNDEFINED;
    for (size_t i = 0; i < sample->n; i++) {
        double normal = gsl_cdf_ugaussian_P(sample->z[i]), below = (double)i;
        d = fmax(d, fmax((below + 1) / n - normal, normal - below / n));
    }
    return (lln_test){d, lilliefors_p(n, d)};
}

/* ln Phi(z), also where Phi(z) or 1 - Phi(z) underflows. */
static double log_normal(double z)
{
    if (z > 0)
        return log1p(-gsl_cdf_ugaussian_Q(z));
    return z > -30 ? log(gsl_cdf_ugaussian_P(z))
                   : gsl_sf_log_erfc(-z / M_SQRT2) - M_LN2;
}

static double anderson_darling_p(double a)
{
    if (a < 0.2)
        return 1 - exp(-13.436 + 101.14 * a - 223.73 * a * a);
    if (a < 0.34)
        return 1 - exp(-8.318 + 42.796 * a - 59.938 * a * a);
    if (a < 0.6)
        return exp(0.9177 - 4.279 * a - 1.38 * a * a);
    return a < 10 ? exp(1.2937 - 5.709 * a + 0.0186 * a * a) : 3.7e-24;
}

lln_test lln_anderson_darling(const lln_standard_sample *sample)
{
    double n = (double)sample->n, sum = 0;
    const double *z = sample->z;
    if (sample->n < 8)
        return UNDEFINED;
    for (size_t i = 0; i < sample->n; i++)
        sum += (2 * (double)i + 1) *
               (log_normal(z[i]) + log_normal(-z[sample->n - 1 - i]));
    double a2 = -n - sum / n;
    return (lln_test){a2,
                      anderson_darling_p(a2 * (1 + 0.75 / n + 2.25 / n / n))};
}

/* The skewness as a standard normal variable. */
static double skewness_normal(double n, double g1)
{
    double y = g1 * sqrt((n + 1) * (n + 3) / (6 * (n - 2)));
    double b = 3 * (n * n + 27 * n - 70) * (n + 1) * (n + 3) /
               ((n - 2) * (n + 5) * (n + 7) * (n + 9));
    double w2 = sqrt(2 * (b - 1)) - 1;
    return asinh(y * sqrt((w2 - 1) / 2)) / sqrt(log(w2) / 2);
}

/* The kurtosis as a standard normal variable. */
static double kurtosis_normal(double n, double b2)
{
    double mean = 3 * (n - 1) / (n + 1);
    double variance =
        24 * n * (n - 2) * (n - 3) / ((n + 1) * (n + 1) * (n + 3) * (n + 5));
    double t = (b2 - mean) / sqrt(variance);
    double h = 6 * (n * n - 5 * n + 2) / ((n + 7) * (n + 9)) *
               sqrt(6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)));
    double a = 6 + 8 / h * (2 / h + sqrt(1 + 4 / (h * h)));
    double part = (1 - 2 / a) / (1 + t * sqrt(2 / (a - 4)));
    return (1 - 2 / (9 * a) - cbrt(part)) / sqrt(2 / (9 * a));
}

lln_test lln_dagostino_pearson(const lln_standard_sample *sample)
{
    double n = (double)sample->n;
    if (sample->n < 8)
        return UNDEFINED;
    double z1 = skewness_normal(n, sample->skewness);
    double z2 = kurtosis_normal(n, sample->kurtosis);
    double k2 = z1 * z1 + z2 * z2;
    return (lln_test){k2, exp(-k2 / 2)};
}

lln_test lln_jarque_bera(const lln_standard_sample *sample)
{
    double n = (double)sample->n, excess = sample->kurtosis - 3;
    if (sample->n < 2)
        return UNDEFINED;
    double jb =
        n / 6 * (sample->skewness * sample->skewness + excess * excess / 4);
    return (lln_test){jb, exp(-jb / 2)};
}
