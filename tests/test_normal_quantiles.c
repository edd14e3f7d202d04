/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Against the quantile function of GSL, one by one. */
#include <gsl/gsl_cdf.h>
#include <stdlib.h>

#include "core/memory.h"
#include "expect.h"
#include "measure/normal_quantiles.h"

/* The largest relative difference of q[count], which are those of positions
 * from `first` on, from GSL. The upper half is compared by its tail, which is
 * exact there. */
static double largest_error(double n, size_t first, size_t count,
                            const double *q)
{
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        double x = (double)(first + i) + 0.5;
        double expected = 2 * x < n ? gsl_cdf_ugaussian_Pinv(x / n)
                                    : gsl_cdf_ugaussian_Qinv((n - x) / n);
        double error = fabs(q[i] - expected);
        worst = fmax(worst, expected == 0 ? error : error / fabs(expected));
    }
    return worst;
}

/* n odd has a quantile of 0 in the middle. GSL subtracts 1/2 from a rounded
 * probability: near 0 its own error is n 1e-16. */
START_TEST(quantiles)
{
    static const size_t COUNTS[] = {1, 2, 3, 7, 64, 4097, 131072};
    size_t n = COUNTS[_i];
    double *q = lln_array_alloc(n, sizeof *q);
    ck_assert_ptr_nonnull(q);
    lln_normal_quantiles((double)n, 0, n, q);
    ck_assert_double_le(largest_error((double)n, 0, n, q),
                        5e-15 + 1e-15 * (double)n);
    expect_absolute(q[n / 2], n % 2 ? 0 : -q[n / 2 - 1], 1e-15);
    free(q);
}
END_TEST

/* Parts of the positions have the same values, and so have those of many. */
START_TEST(quantiles_in_parts)
{
    enum { N = 1000 };
    double whole[N], part[N];
    lln_normal_quantiles(N, 0, N, whole);
    for (size_t first = 0; first < N; first += 130) {
        size_t count = N - first < 130 ? N - first : 130;
        lln_normal_quantiles(N, first, count, part + first);
    }
    double worst = 0;
    for (size_t i = 0; i < N; i++)
        worst = fmax(worst, fabs(part[i] - whole[i]));
    expect_absolute(worst, 0, 1e-15);
    lln_normal_quantiles(1e10, 0, 1, part);
    expect_relative(part[0], gsl_cdf_ugaussian_Pinv(0.5e-10), 1e-14);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("normal_quantiles");
    TCase *quantile = tcase_create("lln_normal_quantiles");
    tcase_add_loop_test(quantile, quantiles, 0, 7);
    tcase_add_test(quantile, quantiles_in_parts);
    suite_add_tcase(suite, quantile);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
