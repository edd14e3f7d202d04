/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spectra of stored matrices with closed forms; harder ones are in
 * test_eigenvalues.c. */
#include "measure/spectrum_dense.h"

#include "core/threads.h"
#include "given_matrix.h"

enum { N = 12 };

static const double ROUNDING = 1e-15;

/* Block triangular: two tokens with the eigenvalues 1 and 0.9 + 0.7 - 1 = 0.6,
 * and a third one with 0.25, which leads to them. */
START_TEST(matrix_components)
{
    static const double p[] = {0.9, 0, 0.1, 0.5, 0.25, 0.25, 0.3, 0, 0.7};
    lln_eigenvalue values[3] = {{1, 1, 0, 0, 1, 0}};
    lln_spectrum out = {.known = 1, .count = 3, .eigenvalues = values};
    lln_square square = {p, 3, true, ROUNDING};
    expect_ok(lln_spectrum_matrix(&square, &out));
    ck_assert(values[0].re == 1);
    expect_absolute(values[1].re, 0.6, 1e-15);
    expect_absolute(values[2].re, 0.25, 1e-15);
    for (size_t i = 1; i < 3; i++)
        ck_assert(values[i].bound < 1e-14 && values[i].residual < 1e-15);
}
END_TEST

/* Not stochastic: the roots of x^2 - 0.3 x + 1/4 are (0.3 +- i sqrt(0.91)) / 2.
 */
START_TEST(matrix_pair)
{
    static const double p[] = {0.3, -0.25, 1, 0};
    lln_eigenvalue values[2];
    lln_spectrum out = {.known = 0, .count = 2, .eigenvalues = values};
    lln_square square = {p, 2, false, ROUNDING};
    expect_ok(lln_spectrum_matrix(&square, &out));
    expect_absolute(values[0].modulus, 0.5, 1e-15);
    expect_absolute(values[0].re, 0.15, 1e-15);
    expect_absolute(values[0].im, sqrt(0.91) / 2, 1e-15);
    expect_absolute(values[1].im, -sqrt(0.91) / 2, 1e-15);
}
END_TEST

/* All eigenvalues of a normal matrix, and both norms. */
START_TEST(dense_circulant)
{
    double p[N * N], squares = 0, largest = 0;
    lln_eigenvalue values[N] = {{1, 1, 0, 0, 1, 0}};
    lln_spectrum_options options = {
        .eigenvalues = N, .norms = true, .memory = 3 * N * N * sizeof(double)};
    lln_spectrum out = {.known = 1, .count = N, .eigenvalues = values};
    fill_circulant(twelve, N, p);
    lln_attention attention = given_attention(p, N, N);
    expect_ok(lln_spectrum_dense(&attention, &options, &out));
    for (size_t k = 1; k < N; k++) {
        double complex lambda = circulant_eigenvalue(twelve, N, k);
        double nearest = INFINITY;
        for (size_t i = 1; i < N; i++)
            nearest =
                fmin(nearest, cabs(values[i].re + I * values[i].im - lambda));
        ck_assert_msg(nearest < 1e-14, "%zu: %g", k, nearest);
        squares += pow(cabs(lambda), 2);
        largest = fmax(largest, cabs(lambda));
    }
    expect_relative(out.unbiased_norm, sqrt(squares), 1e-13);
    expect_relative(out.centered_sigma1, largest, 1e-13);
    expect_relative(values[1].modulus, largest, 1e-13);
}
END_TEST

/* One token; too little memory; a request to stop. */
START_TEST(dense_limits)
{
    double p[4] = {1, 0, 0.5, 0.5};
    lln_eigenvalue values[2] = {{1, 1, 0, 0, 1, 0}};
    lln_spectrum_options options = {.norms = true, .memory = 96};
    lln_spectrum out = {.known = 1, .count = 1, .eigenvalues = values};
    lln_attention attention = given_attention(p, 1, 1);
    expect_ok(lln_spectrum_dense(&attention, &options, &out));
    ck_assert(out.unbiased_norm == 0 && out.centered_sigma1 == 0);
    attention = given_attention(p, 2, 2);
    out.count = 2;
    expect_ok(lln_spectrum_dense(&attention, &options, &out));
    expect_absolute(values[1].re, 0.5, 1e-15);
    lln_stop_requested = 1;
    expect_status(lln_spectrum_dense(&attention, &options, &out),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    options.memory = 95;
    expect_status(lln_spectrum_dense(&attention, &options, &out), LLN_ETOOBIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_dense");
    TCase *matrix = tcase_create("spectrum_matrix");
    tcase_add_test(matrix, matrix_components);
    tcase_add_test(matrix, matrix_pair);
    suite_add_tcase(suite, matrix);
    TCase *dense = tcase_create("spectrum_dense");
    tcase_add_test(dense, dense_circulant);
    tcase_add_test(dense, dense_limits);
    suite_add_tcase(suite, dense);
    return run_suite(suite);
}
