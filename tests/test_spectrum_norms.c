/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Norms of matrices minus their column means, from closed forms. */
#include "measure/spectrum_norms.h"

#include <stdint.h>

#include "core/threads.h"
#include "given_matrix.h"

enum { N = 12, MOST = 200 };

static lln_status norms_of(double *p, size_t n, size_t m, size_t memory,
                           lln_spectrum *out)
{
    lln_operator op;
    lln_attention attention = given_attention(p, n, m);
    *out = (lln_spectrum){.unbiased_norm = NAN, .centered_sigma1 = NAN};
    expect_ok(lln_operator_open(&attention, memory, &op));
    lln_status status = lln_spectrum_norms(&op, out);
    lln_operator_close(&op);
    return status;
}

/* Both norms of a normal matrix follow from the eigenvalues other than 1. */
START_TEST(norms_circulant)
{
    double p[N * N], squares = 0, largest = 0;
    lln_spectrum out;
    fill_circulant(twelve, N, p);
    for (size_t k = 1; k < N; k++) {
        double modulus = cabs(circulant_eigenvalue(twelve, N, k));
        squares += modulus * modulus;
        largest = fmax(largest, modulus);
    }
    expect_ok(norms_of(p, N, N, _i ? SIZE_MAX : 0, &out));
    expect_relative(out.unbiased_norm, sqrt(squares), 1e-13);
    expect_relative(out.centered_sigma1, largest, 1e-8);
}
END_TEST

/* p_ij = 1/m + u_i v_j, where u and v sum to 0: both norms are |u| |v|. Four
 * columns and more take Lanczos iteration, fewer the small matrix itself. In
 * the last four, p is nearly constant, and its rounding is 1e-8 of u_i v_j. */
START_TEST(norms_rank_one)
{
    static const size_t shapes[][2] = {{50, 2}, {50, 3}, {50, 4}, {7, MOST}};
    size_t n = shapes[_i % 4][0], m = shapes[_i % 4][1];
    double scale = _i < 4 ? 1 : 1e-8, rounding = _i < 4 ? 0 : 1e-6;
    double u[50], v[MOST], p[50 * MOST], left = 0, right = 0;
    lln_spectrum out;
    for (size_t i = 0; i < n; i++)
        u[i] = (double)i - (double)(n - 1) / 2;
    for (size_t j = 0; j < m; j++)
        v[j] = scale * ((double)j - (double)(m - 1) / 2) / (double)(n * m * m);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            p[i * m + j] = 1 / (double)m + u[i] * v[j];
    for (size_t i = 0; i < n; i++)
        left += u[i] * u[i];
    for (size_t j = 0; j < m; j++)
        right += v[j] * v[j];
    expect_ok(norms_of(p, n, m, SIZE_MAX, &out));
    expect_relative(out.unbiased_norm, sqrt(left * right), 1e-12 + rounding);
    expect_relative(out.centered_sigma1, sqrt(left * right), 1e-8 + rounding);
}
END_TEST

/* One query, or equal rows: 0. */
START_TEST(norms_zero)
{
    static double rows[] = {0.5, 0.25, 0.125, 0.125, 0.5, 0.25, 0.125, 0.125};
    lln_spectrum out;
    expect_ok(norms_of(rows, 1 + (size_t)_i, 4, SIZE_MAX, &out));
    ck_assert(out.unbiased_norm == 0 && out.centered_sigma1 == 0);
}
END_TEST

START_TEST(norms_interrupted)
{
    double p[N * N];
    lln_operator op;
    lln_spectrum out;
    fill_circulant(twelve, N, p);
    lln_attention attention = given_attention(p, N, N);
    expect_ok(lln_operator_open(&attention, 0, &op));
    lln_stop_requested = 1;
    expect_status(lln_spectrum_norms(&op, &out), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_operator_close(&op);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_norms");
    TCase *norms = tcase_create("spectrum_norms");
    tcase_add_loop_test(norms, norms_circulant, 0, 2);
    tcase_add_loop_test(norms, norms_rank_one, 0, 8);
    tcase_add_loop_test(norms, norms_zero, 0, 2);
    tcase_add_test(norms, norms_interrupted);
    suite_add_tcase(suite, norms);
    return run_suite(suite);
}
