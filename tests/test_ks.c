/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Kolmogorov-Smirnov distance against the plain loop over all elements. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <stdlib.h>

#include "core/random.h"
#include "core/sorting.h"
#include "expect.h"
#include "measure/ks.h"

/* Uniform in (0, 1). */
static double uniform(uint64_t i)
{
    return ((double)(lln_random_number(7, i) >> 12) + 0.5) * 0x1p-52;
}

/* Samples of different shapes: normal, heavy tails, two values, whole numbers,
 * one value far away. */
static double draw(int shape, size_t i)
{
    double z = gsl_cdf_ugaussian_Pinv(uniform(i));
    switch (shape) {
    case 0:
        return z;
    case 1:
        return z * exp(2 * z);
    case 2:
        return z > 0.3;
    case 3:
        return rint(3 * z);
    default:
        return i == 0 ? 1e9 : z;
    }
}

static double plain_ks(const double *sorted, size_t count, double mean,
                       double deviation)
{
    double n = (double)count, ks = 0, unbiased = sqrt(n / (n - 1));
    for (size_t i = 0; i < count; i++) {
        double z = (sorted[i] - mean) / deviation / unbiased;
        double normal = gsl_cdf_ugaussian_P(z), below = (double)i;
        ks = fmax(ks, fabs(normal - below / n));
        ks = fmax(ks, fabs(normal - (below + 1) / n));
    }
    return ks;
}

static const size_t SIZES[] = {2, 3, 17, 600, 5000, 70000};
enum { SHAPES = 5, SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

START_TEST(sample_ks_values)
{
    size_t count = SIZES[_i / SHAPES];
    lln_sample sample;
    expect_ok(lln_sample_alloc(count, false, &sample));
    for (size_t i = 0; i < count; i++)
        sample.values[i] = draw(_i % SHAPES, i);
    expect_ok(lln_sort_reals(sample.values, count));
    for (double mean = -0.5; mean <= 0.5; mean += 0.25)
        expect_absolute(lln_sample_ks(&sample, mean, 1.3),
                        plain_ks(sample.values, count, mean, 1.3), 1e-14);
    lln_sample_free(&sample);
}
END_TEST

/* Bins of width 0.2 that contain the values of a normal distribution, with a
 * gap between them: distances at both ends of all bins. */
START_TEST(sample_ks_bins)
{
    enum { BINS = 3000 };
    lln_sample bins;
    expect_ok(lln_sample_alloc(BINS, true, &bins));
    for (size_t i = 0; i < BINS; i++) {
        bins.values[i] = 0.002 * ((double)i - 1400) + (i > 1700 ? 0.1 : 0);
        bins.half[i] = 0.001;
        bins.counts[i] = 1 + floor(1000 * uniform(i));
        bins.total += bins.counts[i];
    }
    double ks = 0, below = 0, n = bins.total;
    for (size_t i = 0; i < BINS; i++)
        for (int side = -1; side <= 1; side += 2) {
            double z = (bins.values[i] + side * bins.half[i] - 0.4) / 1.7;
            below += side > 0 ? bins.counts[i] : 0;
            ks = fmax(ks, fabs(gsl_cdf_ugaussian_P(z * sqrt((n - 1) / n)) -
                               below / n));
        }
    expect_absolute(lln_sample_ks(&bins, 0.4, 1.7), ks, 1e-12);
    lln_sample_free(&bins);
}
END_TEST

START_TEST(sample_ks_undefined)
{
    double values[] = {1.5, 2.25}, counts[] = {1, 1};
    const lln_sample two = {values, counts, 2, 2, NULL};
    const lln_sample one = {values, counts, 1, 1, NULL};
    ck_assert(isnan(lln_sample_ks(&one, 1.5, 1)));
    ck_assert(isnan(lln_sample_ks(&two, 1.5, 0)));
    ck_assert(isnan(lln_sample_ks(&two, 1.5, NAN)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ks");
    TCase *ks = tcase_create("sample_ks");
    tcase_add_loop_test(ks, sample_ks_values, 0, SHAPES * SIZE_COUNT);
    tcase_add_test(ks, sample_ks_bins);
    tcase_add_test(ks, sample_ks_undefined);
    suite_add_tcase(suite, ks);
    return run_suite(suite);
}
