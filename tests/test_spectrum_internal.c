/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the methods for spectra share, with values computed by hand. */
#include "measure/spectrum_internal.h"

#include <stdint.h>

#include "expect.h"

START_TEST(memory_limits)
{
    lln_spectrum_options options = {.memory = 12345};
    ck_assert_uint_eq(lln_spectrum_memory(&options, 2), 12345);
    options.memory = 0;
    size_t half = lln_spectrum_memory(&options, 2);
    size_t hundredth = lln_spectrum_memory(&options, 100);
    ck_assert(hundredth > 0 && half > hundredth);
}
END_TEST

/* Three matrices of 10 x 10 doubles are 2400 bytes. */
START_TEST(check_memory_limits)
{
    lln_spectrum_options options = {.memory = 2400};
    expect_ok(lln_spectrum_check_memory("dense", 10, &options));
    options.memory = 2399;
    expect_status(lln_spectrum_check_memory("dense", 10, &options),
                  LLN_ETOOBIG);
    options.memory = SIZE_MAX;
    expect_status(lln_spectrum_check_memory("dense", SIZE_MAX / 2, &options),
                  LLN_ETOOBIG);
}
END_TEST

START_TEST(lapack_info)
{
    expect_ok(lln_spectrum_lapack("dgeevx", 0));
    expect_status(lln_spectrum_lapack("dgeevx", 7), LLN_ENOCONV);
    ck_assert_str_eq(lln_error_message(), "dgeevx: no convergence (info 7)");
    expect_status(lln_spectrum_lapack("dsyev", -1010), LLN_ENOMEM);
    ck_assert_str_eq(lln_error_message(), "out of memory: workspace of dsyev");
}
END_TEST

START_TEST(sort_order)
{
    static const double order[][3] = {
        {0.7, 0.7, 0}, {0.5, 0.3, 0.4}, {0.5, 0.3, -0.4}, {0.5, -0.5, 0}};
    lln_eigenvalue values[4];
    for (size_t i = 0; i < 4; i++) {
        const double *from = order[(3 * i + 1) % 4];
        values[i] = (lln_eigenvalue){from[0], from[1], from[2], 0, 1, 0};
    }
    lln_eigenvalues_sort(values, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert(values[i].re == order[i][1] && values[i].im == order[i][2]);
    lln_eigenvalues_sort(values, 0);
}
END_TEST

/* The second value may be 0.45 + 0.2, which is 0.15 above the first. The third
 * one is less than half of the first and does not count. */
START_TEST(doubt_of_next)
{
    lln_eigenvalue values[] = {{0.5, 0.5, 0, 0, 1, 0.01},
                               {0.45, 0.45, 0, 0, 1, 0.2},
                               {0.2, 0.2, 0, 0, 1, 9}};
    expect_relative(lln_eigenvalues_doubt(values, 3), 0.15, 1e-14);
    expect_relative(lln_eigenvalues_doubt(values, 1), 0.01, 1e-15);
    values[0].bound = 0.3;
    expect_relative(lln_eigenvalues_doubt(values, 3), 0.3, 1e-15);
}
END_TEST

/* Two values for the three places after the eigenvalue 1. */
START_TEST(list_fills)
{
    lln_eigenvalue listed[4] = {{1, 1, 0, 0, 1, 0}};
    lln_eigenvalue values[] = {{0.25, -0.25, 0, 0, 1, 0.5},
                               {0.3, 0.3, 0, 0, 1, 1e-9}};
    lln_spectrum out = {.known = 1, .count = 4, .eigenvalues = listed};
    lln_spectrum_list(values, 2, &out);
    ck_assert(listed[0].re == 1 && listed[1].re == 0.3 &&
              listed[2].re == -0.25);
    ck_assert(listed[3].modulus == 0 && listed[3].condition == 1 &&
              listed[3].bound == 0);
    expect_relative(listed[1].bound, 0.45, 1e-14); /* 0.25 + 0.5 - 0.3 */
}
END_TEST

/* Half of a unit in the last place of float32, and ten of float64, as
 * spectrum.h states them: 2^-24 and 1.1e-15; and the error of exponents, here
 * 1024 units of the precision of the attention. */
START_TEST(rounding_sizes)
{
    lln_attention attention = {.precision = LLN_FLOAT64};
    expect_relative(lln_spectrum_rounding(&attention, LLN_FLOAT32), 0x1p-24, 0);
    expect_relative(lln_spectrum_rounding(&attention, LLN_FLOAT64),
                    10 * 0x1p-53, 0);
    attention.exponent_error = 1024;
    expect_relative(lln_spectrum_rounding(&attention, LLN_FLOAT32),
                    0x1p-24 + 0x1p-43, 0);
    expect_relative(lln_spectrum_rounding(&attention, LLN_FLOAT64),
                    1034 * 0x1p-53, 0);
    attention.precision = LLN_FLOAT32;
    expect_relative(lln_spectrum_rounding(&attention, LLN_FLOAT32),
                    1025 * 0x1p-24, 0);
}
END_TEST

/* M = (0 -2; 2 0) has the eigenvalue 2i with x = (1, -i). With 1.5 i in its
 * place |M x - 1.5 i x| = 0.5 |x|. */
START_TEST(residual_by_hand)
{
    static const double xr[] = {1, 0}, xi[] = {0, -1};
    static const double yr[] = {0, 2}, yi[] = {2, 0};
    lln_eigenvalue lambda = {.re = 0, .im = 2};
    ck_assert(lln_spectrum_residual(lambda, 2, xr, xi, yr, yi) == 0);
    lambda.im = 1.5;
    expect_relative(lln_spectrum_residual(lambda, 2, xr, xi, yr, yi), 0.5,
                    1e-15);
    /* real: y - 3 x = (0.4, -0.3), |x| = 5 */
    static const double x[] = {3, 4}, y[] = {9.4, 11.7};
    lambda = (lln_eigenvalue){.re = 3};
    expect_relative(lln_spectrum_residual(lambda, 2, x, NULL, y, NULL), 0.1,
                    1e-13);
}
END_TEST

/* |x| |y| / |y'x|: of (3, 4) and (1, 0) 5/3; of x = (1, i) and y = (1, 0), for
 * which y'x = 1, sqrt(2). Vectors that are orthogonal: infinite. */
START_TEST(condition_by_hand)
{
    static const double x[] = {3, 4, 0, 0}, y[] = {1, 0, 0, 0};
    static const double pair[] = {1, 0, 0, 1}, other[] = {0, 1};
    expect_relative(lln_spectrum_condition(2, false, y, x), 5.0 / 3, 1e-15);
    expect_relative(lln_spectrum_condition(2, true, y, pair), sqrt(2), 1e-15);
    expect_relative(lln_spectrum_condition(2, true, pair, pair), 1, 1e-15);
    ck_assert(lln_spectrum_condition(2, false, y, other) == INFINITY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_internal");
    TCase *shared = tcase_create("internal");
    tcase_add_test(shared, memory_limits);
    tcase_add_test(shared, check_memory_limits);
    tcase_add_test(shared, lapack_info);
    tcase_add_test(shared, sort_order);
    tcase_add_test(shared, doubt_of_next);
    tcase_add_test(shared, list_fills);
    tcase_add_test(shared, rounding_sizes);
    tcase_add_test(shared, residual_by_hand);
    tcase_add_test(shared, condition_by_hand);
    suite_add_tcase(suite, shared);
    return run_suite(suite);
}
