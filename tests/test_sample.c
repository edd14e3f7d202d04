/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distances of samples from normal, by hand and by scipy. */
#include <stdint.h>

#include "expect.h"
#include "measure/sample.h"

/* scipy 1.10: z = (x - mean)/sd; kstest(z*sqrt(4/5), norm); mean |z_(i) -
 * ppf((i-.5)/5)|; corrcoef(z, ppf). */
START_TEST(normal_fit_five)
{
    double values[] = {-1.2, -0.4, 0.1, 0.5, 2.25}, counts[] = {1, 1, 1, 1, 1};
    lln_sample sample = {values, counts, 5, 5, 0};
    lln_normal_fit fit;
    expect_ok(lln_sample_normal_fit(&sample, 0.25, 1.1497825881443848, &fit));
    expect_absolute(fit.ks, 0.22290102139756263, 1e-12);
    expect_absolute(fit.wasserstein, 0.19134052147637262, 1e-12);
    expect_absolute(fit.qq, 0.971928464729638, 1e-12);
    expect_status(lln_sample_normal_fit(&sample, 0.25, 0, &fit),
                  LLN_EUNDEFINED);
}
END_TEST

/* By hand: z of the values above with mean 0.25, standard deviation 0.5. */
START_TEST(histogram_five)
{
    double values[] = {-1.2, -0.4, 0.1, 0.5, 2.25}, counts[] = {1, 1, 1, 1, 4};
    lln_sample sample = {values, counts, 5, 8, 0};
    double density[4], normal[4];
    expect_ok(lln_sample_histogram(&sample, 0.25, 0.5, 2, 4, density, normal));
    expect_absolute(density[0], 0.125, 1e-15); /* -1.3 */
    expect_absolute(density[1], 0.125, 1e-15); /* -0.3 */
    expect_absolute(density[2], 0.125, 1e-15); /*  0.5 */
    expect_absolute(density[3], 0, 0);         /* -2.9 and 4 are outside */
    expect_absolute(normal[2], 0.3413447460685429, 1e-15); /* Phi(1) - 1/2 */
    expect_status(lln_sample_histogram(&sample, 0.25, 0, 2, 4, density, normal),
                  LLN_EUNDEFINED);
}
END_TEST

START_TEST(quantiles_five)
{
    double values[] = {-1.2, -0.4, 0.1, 0.5, 2.25}, counts[] = {1, 1, 1, 1, 4};
    lln_sample sample = {values, counts, 5, 8, 0};
    double q[4], normal[4];
    /* p = 1/8, 3/8, 5/8, 7/8 of 8 values: the 1st, 3rd, 5th and 7th */
    expect_ok(lln_sample_quantiles(&sample, 0.25, 0.5, 4, q, normal));
    expect_absolute(q[0], -2.9, 1e-15);
    expect_absolute(q[1], -0.3, 1e-15);
    expect_absolute(q[2], 4, 0);
    expect_absolute(q[3], 4, 0);
    expect_absolute(normal[3], 1.1503493803760079, 1e-14); /* Phi^-1(7/8) */
    expect_status(lln_sample_quantiles(&sample, 0.25, 0, 4, q, normal),
                  LLN_EUNDEFINED);
}
END_TEST

/* Distribution functions of bins: known at the edges, linear between them. One
 * bin from -1 to 1 of a uniform distribution: KS at its ends,
 * Phi(-sqrt(n-1)/sqrt(n)); |x/2 + 1/2 - Phi(x)| over it and the tails, scipy:
 * quad. */
START_TEST(normal_fit_bin)
{
    double value = 3, count = 1e6, half = 0.5;
    lln_sample sample = {&value, &count, 1, 1e6, &half};
    lln_normal_fit fit;
    expect_ok(lln_sample_normal_fit(&sample, 3, 0.5, &fit));
    expect_absolute(fit.ks, 0.1586553749168798, 1e-9);
    expect_absolute(fit.wasserstein, 0.2978845608028654, 1e-12);
}
END_TEST

/* Bins are divided among the bins of a histogram by their widths. */
START_TEST(histogram_bins)
{
    double values[] = {-1, 0.25, 5}, counts[] = {2, 4, 2};
    double half[] = {0.125, 0.5, 0.25};
    lln_sample sample = {values, counts, 3, 8, half};
    double density[4], normal[4];
    expect_ok(lln_sample_histogram(&sample, 0, 1, 2, 4, density, normal));
    expect_absolute(density[0], 0.125, 1e-15);
    expect_absolute(density[1], 0.125 + 0.125, 1e-15);
    expect_absolute(density[2], 0.375, 1e-15);
    expect_absolute(density[3], 0, 0);
}
END_TEST

START_TEST(alloc_kinds)
{
    lln_sample sample;
    expect_ok(lln_sample_alloc(3, false, &sample));
    ck_assert(sample.total == 3 && sample.counts[2] == 1 && !sample.half);
    lln_sample_free(&sample);
    expect_ok(lln_sample_alloc(3, true, &sample));
    ck_assert(sample.total == 0 && sample.counts[2] == 0 && sample.half);
    lln_sample_free(&sample);
    ck_assert(!sample.values && !sample.counts && sample.size == 0);
    expect_status(lln_sample_alloc(SIZE_MAX / 4, true, &sample), LLN_ENOMEM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample");
    TCase *fit = tcase_create("sample");
    tcase_add_test(fit, alloc_kinds);
    tcase_add_test(fit, normal_fit_five);
    tcase_add_test(fit, normal_fit_bin);
    tcase_add_test(fit, histogram_five);
    tcase_add_test(fit, histogram_bins);
    tcase_add_test(fit, quantiles_five);
    suite_add_tcase(suite, fit);
    return run_suite(suite);
}
