/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/matrix.h"

#include <string.h>

#include <omp.h>

#include "expect.h"

/* The definition, in long double. */
static void slow_moments(const double *x, size_t count, double *mean,
                         double *deviation)
{
    long double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i];
    sum /= (long double)count;
    for (size_t i = 0; i < count; i++)
        squares += (x[i] - sum) * (x[i] - sum);
    *mean = (double)sum;
    *deviation = (double)sqrtl(squares / (long double)(count - 1));
}

/* Uniform in offset + (0, 1). */
static double *uniform(size_t count, double offset)
{
    double *x = malloc(count * sizeof *x);
    srand(7);
    for (size_t i = 0; i < count; i++)
        x[i] = offset + rand() / (RAND_MAX + 1.0);
    return x;
}

/* Mean and variance of 2.385 + {-1, 0, 0.5}: closed form. */
START_TEST(matrix_moments_few)
{
    const double x[] = {1.385, 2.385, 2.885};
    double mean, deviation;
    lln_matrix_moments((lln_matrix){LLN_FLOAT64, 1, 3, x}, &mean, &deviation);
    expect_relative(mean, 2.385 - 0.5 / 3, 1e-15);
    expect_relative(deviation, sqrt((1.25 - 0.25 / 3) / 2), 1e-15);
    lln_matrix_moments((lln_matrix){LLN_FLOAT64, 1, 1, x}, &mean, &deviation);
    expect_relative(mean, 1.385, 0);
    ck_assert(isnan(deviation));
    lln_matrix_moments((lln_matrix){LLN_FLOAT64, 0, 3, x}, &mean, &deviation);
    ck_assert(isnan(mean) && isnan(deviation));
}
END_TEST

/* One chunk, several, and enough for all threads; a mean far above the standard
 * deviation. */
START_TEST(matrix_moments_against_slow)
{
    const size_t counts[] = {2, 1023, 1025, 65536, 300007};
    size_t count = counts[_i / 2];
    double *x = uniform(count, _i % 2 ? 1e6 : 0);
    double mean, deviation, slow_mean, slow_deviation;
    slow_moments(x, count, &slow_mean, &slow_deviation);
    lln_matrix a = {LLN_FLOAT64, 1, count, x};
    lln_matrix_moments(a, &mean, &deviation);
    expect_relative(mean, slow_mean, 1e-14);
    /* Each x - mean has an error of 1e6 * 1e-16 if the mean is 1e6. */
    expect_relative(deviation, slow_deviation, _i % 2 ? 1e-10 : 1e-13);
    free(x);
}
END_TEST

START_TEST(matrix_moments_float32)
{
    enum { COUNT = 100003 };
    double *x = uniform(COUNT, -0.3), mean, deviation, slow_mean, slow_dev;
    float *narrow = malloc(COUNT * sizeof *narrow);
    lln_matrix_convert((lln_matrix){LLN_FLOAT64, 1, COUNT, x}, LLN_FLOAT32,
                       narrow);
    for (size_t i = 0; i < COUNT; i++)
        x[i] = narrow[i];
    slow_moments(x, COUNT, &slow_mean, &slow_dev);
    lln_matrix_moments((lln_matrix){LLN_FLOAT32, COUNT, 1, narrow}, &mean,
                       &deviation);
    expect_relative(mean, slow_mean, 1e-13);
    expect_relative(deviation, slow_dev, 1e-13);
    free(x);
    free(narrow);
}
END_TEST

/* 1 + 4 + ... + k^2 = k (k + 1) (2 k + 1) / 6, exact in float64. */
START_TEST(matrix_squares)
{
    enum { COUNT = 1003 };
    double x[COUNT];
    float narrow[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        narrow[i] = -(float)(x[i] = (double)i + 1);
    double sum = COUNT * (COUNT + 1.) * (2 * COUNT + 1.) / 6;
    lln_matrix wide = {LLN_FLOAT64, 17, 59, x};
    lln_matrix single = {LLN_FLOAT32, 59, 17, narrow};
    expect_relative(lln_matrix_squares(wide), sum, 0);
    expect_relative(lln_matrix_squares(single), sum, 0);
    single.rows = 0;
    ck_assert(lln_matrix_squares(single) == 0);
}
END_TEST

START_TEST(matrix_moments_threads)
{
    enum { COUNT = 300007 };
    double *x = uniform(COUNT, 0.1), mean[3], deviation[3];
    for (int threads = 1; threads <= 3; threads++) {
        omp_set_num_threads(threads);
        lln_matrix_moments((lln_matrix){LLN_FLOAT64, 1, COUNT, x},
                           &mean[threads - 1], &deviation[threads - 1]);
    }
    ck_assert(mean[0] == mean[1] && mean[0] == mean[2]);
    ck_assert(deviation[0] == deviation[1] && deviation[0] == deviation[2]);
    free(x);
}
END_TEST

START_TEST(matrix_moments_nan)
{
    double *x = uniform(200000, 0), mean, deviation;
    x[150000] = NAN;
    lln_matrix_moments((lln_matrix){LLN_FLOAT64, 200, 1000, x}, &mean,
                       &deviation);
    ck_assert(isnan(mean) && isnan(deviation));
    free(x);
}
END_TEST

START_TEST(matrix_find_nonfinite)
{
    double f64[6] = {1, 2, 3, -INFINITY, NAN, 6};
    float f32[6] = {1, 2, 3, 4, 5, NAN};
    lln_matrix a = {LLN_FLOAT64, 2, 3, f64};
    ck_assert_uint_eq(lln_matrix_find_nonfinite(a), 3);
    ck_assert_uint_eq(lln_matrix_find_nonfinite(lln_matrix_rows(a, 0, 1)), 3);
    ck_assert_uint_eq(
        lln_matrix_find_nonfinite((lln_matrix){LLN_FLOAT32, 3, 2, f32}), 5);
}
END_TEST

START_TEST(matrix_rows_both_precisions)
{
    const double wide[] = {2.385, -0.07, 1e-3, 4, 0.61, -3.2};
    float narrow[6];
    lln_matrix a = {LLN_FLOAT64, 3, 2, wide};
    lln_matrix_convert(a, LLN_FLOAT32, narrow);
    lln_matrix b = {LLN_FLOAT32, 3, 2, narrow};
    lln_matrix ends[] = {lln_matrix_rows(a, 1, 2), lln_matrix_rows(b, 1, 2)};
    for (size_t i = 0; i < 2; i++) {
        ck_assert(ends[i].rows == 2 && ends[i].columns == 2);
        expect_relative(lln_matrix_get(ends[i], 0, 1), 4, 0);
        expect_relative(lln_matrix_get(ends[i], 1, 0), 0.61, i ? 1e-7 : 0);
    }
    ck_assert(ends[0].precision == LLN_FLOAT64 && ends[0].data == wide + 2);
    ck_assert(ends[1].precision == LLN_FLOAT32 && ends[1].data == narrow + 2);
    ck_assert(lln_matrix_rows(a, 3, 0).rows == 0);
}
END_TEST

START_TEST(matrix_convert_both_ways)
{
    const double wide[] = {2.385, -0.07, 1e-300, 4};
    float narrow[4];
    double back[2];
    lln_matrix a = {LLN_FLOAT64, 2, 2, wide};
    lln_matrix_convert(a, LLN_FLOAT32, narrow);
    ck_assert(narrow[0] == 2.385f && narrow[1] == -0.07f && narrow[2] == 0);
    lln_matrix b = {LLN_FLOAT32, 2, 2, narrow};
    lln_matrix_convert(lln_matrix_rows(b, 1, 1), LLN_FLOAT64, back);
    ck_assert(back[0] == 0 && back[1] == 4);
    ck_assert(lln_matrix_get(b, 0, 1) == -0.07f);
    ck_assert(lln_matrix_get(a, 0, 1) == -0.07);
}
END_TEST

/* Rows 1 and 2 of three, in the other precision. */
START_TEST(store_rows)
{
    const double numbers[] = {2.385, -1, 0.25, 1e10};
    float to[6] = {7, 7, 7, 7, 7, 7};
    lln_matrix_output out = {LLN_FLOAT32, 3, 2, to};
    lln_matrix_store((lln_matrix){LLN_FLOAT64, 2, 2, numbers}, out, 1);
    ck_assert(to[0] == 7 && to[1] == 7);
    for (size_t i = 0; i < 4; i++)
        ck_assert(to[2 + i] == (float)numbers[i]);
    lln_matrix written = lln_matrix_written(out);
    ck_assert_uint_eq(written.rows, 3);
    ck_assert_uint_eq(written.columns, 2);
    ck_assert(lln_matrix_get(written, 1, 0) == (float)2.385);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("matrix");
    TCase *moments = tcase_create("lln_matrix_moments");
    tcase_add_test(moments, matrix_moments_few);
    tcase_add_loop_test(moments, matrix_moments_against_slow, 0, 10);
    tcase_add_test(moments, matrix_moments_float32);
    tcase_add_test(moments, matrix_moments_threads);
    tcase_add_test(moments, matrix_moments_nan);
    tcase_add_test(moments, matrix_squares);
    tcase_add_test(moments, matrix_find_nonfinite);
    suite_add_tcase(suite, moments);
    TCase *convert = tcase_create("lln_matrix_convert");
    tcase_add_test(convert, matrix_convert_both_ways);
    tcase_add_test(convert, store_rows);
    suite_add_tcase(suite, convert);
    TCase *rows = tcase_create("lln_matrix_rows");
    tcase_add_test(rows, matrix_rows_both_precisions);
    suite_add_tcase(suite, rows);
    return run_suite(suite);
}
