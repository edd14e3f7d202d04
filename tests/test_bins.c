/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bins against the values that they count. */
#include <float.h>

#include "core/memory.h"
#include "expect.h"
#include "measure/bins.h"

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The bins contain sorted x[count], in order and to the accuracy that bins.h
 * states. */
static void check_sample(const lln_sample *sample, double *x, size_t count,
                         double center, double deviation)
{
    size_t at = 0;
    qsort(x, count, sizeof *x, compare);
    ck_assert(sample->total == (double)count);
    for (size_t i = 0; i < sample->size; i++) {
        double middle = sample->values[i], half = sample->half[i];
        double away = fabs(middle - center) / deviation;
        double most = away > 8 ? 4.9e-4 * away : 2.45e-4;
        ck_assert(half > 0 && half <= most * deviation);
        if (i > 0)
            ck_assert(middle - half >= sample->values[i - 1] +
                                           sample->half[i - 1] - 1e-6 * half);
        for (double j = 0; j < sample->counts[i]; j++, at++)
            expect_absolute(x[at], middle, 1.05 * half);
    }
    ck_assert_uint_eq(at, count);
}

/* count values center + s t^3, s the standard deviation, t evenly from -reach
 * to reach; every tenth value is there twice. */
static void check_values(lln_precision precision, double center,
                         double deviation, double offset, double reach)
{
    enum { COUNT = 1000, ALL = COUNT + COUNT / 10 };
    float narrow[ALL];
    double x[ALL];
    lln_matrix a = {precision, ALL, 1, x};
    for (int i = 0; i < ALL; i++) {
        int at = i < COUNT ? i : 10 * (i - COUNT);
        double t = reach * (2 * at / (double)COUNT - 1);
        x[i] = center + offset + deviation * t * t * t;
        narrow[i] = (float)x[i];
        if (precision == LLN_FLOAT32)
            x[i] = (double)narrow[i];
    }
    if (precision == LLN_FLOAT32)
        a.data = narrow;
    lln_bins *bins;
    lln_sample sample;
    expect_ok(lln_bins_open(center, deviation, 1, &bins));
    lln_bins_add(bins, 0, a, offset);
    expect_ok(lln_bins_collect(bins, &sample));
    for (int i = 0; i < ALL; i++)
        x[i] -= offset;
    check_sample(&sample, x, ALL, center, deviation);
    lln_sample_free(&sample);
    lln_bins_close(bins);
}

START_TEST(collect_values)
{
    for (int p = LLN_FLOAT32; p <= LLN_FLOAT64; p++) {
        check_values(p, 2.385, 0.75, 0, 1.5);
        check_values(p, -2.385, 0.75, 7.25, 4);
        check_values(p, 0, 1, 0, 100);       /* to 1e6 standard deviations */
        check_values(p, 1000, 1e-2, 0, 1.5); /* float32 has steps of 6e-5 */
        check_values(p, 2e5, 1, -2e5, 2);
        check_values(p, 1e-40, 3e-41, 0, 2); /* subnormal float32 */
        check_values(p, 1e36, 3e36, 0, 2);
    }
    check_values(LLN_FLOAT64, 1e-200, 3e-200, 0, 2);
}
END_TEST

/* NaN and values too far away are counted at the ends. */
START_TEST(collect_extremes)
{
    double wide[] = {-INFINITY, -DBL_MAX, INFINITY, NAN, DBL_MAX, 0};
    float narrow[] = {-INFINITY, -FLT_MAX, INFINITY, NAN, FLT_MAX, 0};
    lln_matrix a[] = {{LLN_FLOAT64, 1, 6, wide}, {LLN_FLOAT32, 6, 1, narrow}};
    for (int i = 0; i < 2; i++) {
        lln_bins *bins;
        lln_sample sample;
        expect_ok(lln_bins_open(0, 1, 1, &bins));
        lln_bins_add(bins, 0, a[i], 0);
        expect_ok(lln_bins_collect(bins, &sample));
        ck_assert(sample.total == 6);
        ck_assert(sample.counts[0] == 2 && sample.values[0] < -3e7);
        ck_assert(sample.values[sample.size - 1] > 3e7);
        lln_sample_free(&sample);
        lln_bins_close(bins);
    }
}
END_TEST

START_TEST(collect_any_thread)
{
    double x[] = {0.5, 1, 1.5, 1, -2.385}, y[] = {3, 1, 0.5};
    lln_matrix a = {LLN_FLOAT64, 5, 1, x}, b = {LLN_FLOAT64, 1, 3, y};
    lln_sample sample[2];
    for (size_t threads = 1; threads <= 2; threads++) {
        lln_bins *bins;
        expect_ok(lln_bins_open(0.5, 1, threads, &bins));
        lln_bins_add(bins, threads - 1, a, 0);
        lln_bins_add(bins, 0, b, 0);
        expect_ok(lln_bins_collect(bins, &sample[threads - 1]));
        lln_bins_close(bins);
    }
    ck_assert_uint_eq(sample[0].size, 5);
    ck_assert_uint_eq(sample[1].size, 5);
    ck_assert_mem_eq(sample[0].counts, sample[1].counts, 5 * sizeof(double));
    ck_assert_mem_eq(sample[0].values, sample[1].values, 5 * sizeof(double));
    ck_assert(sample[0].counts[2] == 3); /* ones */
    lln_sample_free(&sample[0]);
    lln_sample_free(&sample[1]);
    lln_bins_close(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bins");
    TCase *collect = tcase_create("lln_bins_collect");
    tcase_add_test(collect, collect_values);
    tcase_add_test(collect, collect_extremes);
    tcase_add_test(collect, collect_any_thread);
    suite_add_tcase(suite, collect);
    return run_suite(suite);
}
