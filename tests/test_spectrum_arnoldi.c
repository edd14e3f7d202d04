/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Krylov methods on given matrices with closed forms. */
#include "measure/spectrum_arnoldi.h"

#include "core/threads.h"
#include "given_matrix.h"

enum { N = 12, COUNT = 3 };

static lln_status measure(lln_attention *attention, bool narrow,
                          lln_eigenvalue *values, lln_spectrum *out)
{
    lln_spectrum_options options = {.method = LLN_SPECTRUM_ARNOLDI,
                                    .eigenvalues = COUNT,
                                    .norms = true,
                                    .memory = (size_t)1 << 20,
                                    .narrow = narrow};
    *out = (lln_spectrum){.known = 1, .count = COUNT, .eigenvalues = values};
    return lln_spectrum_arnoldi(attention, &options, out);
}

/* The largest eigenvalues other than 1 of the circulant matrix are the pair
 * number 1. The matrix is normal: centered_sigma1 is their modulus, and the
 * square of unbiased_norm is the sum of all squares. */
START_TEST(arnoldi_circulant)
{
    double p[N * N], squares = 0;
    lln_eigenvalue values[COUNT];
    lln_spectrum out;
    fill_circulant(twelve, N, p);
    lln_attention attention = given_attention(p, N, N);
    double complex second = circulant_eigenvalue(twelve, N, 1);
    for (size_t k = 1; k < N; k++)
        squares += pow(cabs(circulant_eigenvalue(twelve, N, k)), 2);
    expect_ok(measure(&attention, _i, values, &out));
    expect_absolute(values[1].re, creal(second), 1e-9);
    expect_absolute(values[1].im, fabs(cimag(second)), 1e-9);
    expect_absolute(values[2].im, -fabs(cimag(second)), 1e-9);
    ck_assert(values[1].condition < 1.01 && values[1].bound < 1e-9);
    expect_relative(out.centered_sigma1, cabs(second), 1e-7);
    expect_relative(out.unbiased_norm, sqrt(squares), 1e-12);
}
END_TEST

START_TEST(arnoldi_refuses)
{
    double p[N * N];
    lln_eigenvalue values[COUNT];
    lln_spectrum out;
    fill_circulant(twelve, N, p);
    lln_attention attention = given_attention(p, N, N);
    lln_stop_requested = 1;
    expect_status(measure(&attention, false, values, &out), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    attention = given_attention(p, 3, 3);
    expect_status(measure(&attention, false, values, &out), LLN_EINVAL);
}
END_TEST

/* Fewer tokens than vectors of a block; rows sum to 0.8. The eigenvalues are
 * those of the circulant matrix times 0.8: 0.8, then the pair number 1. */
START_TEST(arnoldi_few_tokens)
{
    enum { FEW = 5 };
    static const double row[FEW] = {0.4, 0.24, 0.08, 0.04, 0.04};
    double p[FEW * FEW];
    lln_eigenvalue values[COUNT];
    lln_spectrum_options options = {.method = LLN_SPECTRUM_ARNOLDI};
    lln_spectrum out = {.count = COUNT, .eigenvalues = values};
    fill_circulant(row, FEW, p);
    lln_attention attention = given_attention(p, FEW, FEW);
    attention.unnormalised = true;
    double complex second = circulant_eigenvalue(row, FEW, 1);
    expect_ok(lln_spectrum_arnoldi(&attention, &options, &out));
    expect_absolute(values[0].re, 0.8, 1e-14);
    expect_absolute(values[1].re, creal(second), 1e-14);
    expect_absolute(values[1].im, fabs(cimag(second)), 1e-14);
    expect_absolute(values[2].im, -fabs(cimag(second)), 1e-14);
    ck_assert(values[1].bound < 1e-13);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_arnoldi");
    TCase *arnoldi = tcase_create("arnoldi");
    tcase_add_loop_test(arnoldi, arnoldi_circulant, 0, 2);
    tcase_add_test(arnoldi, arnoldi_refuses);
    tcase_add_test(arnoldi, arnoldi_few_tokens);
    suite_add_tcase(suite, arnoldi);
    return run_suite(suite);
}
