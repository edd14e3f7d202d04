/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Singular values of small matrices from closed forms. */
#include "measure/singular_dense.h"

#include "core/threads.h"
#include "given_matrix.h"

/* (3 0; 4 5): squares are the eigenvalues of (25 20; 20 25), 45 and 5. */
START_TEST(matrix_square)
{
    double a[] = {3, 0, 4, 5};
    lln_singular_value v[2];
    expect_ok(lln_singular_matrix(a, 2, 2, 2, v));
    expect_relative(v[0].sigma, sqrt(45), 1e-15);
    expect_relative(v[1].sigma, sqrt(5), 1e-15);
    expect_absolute(v[0].residual, 0, 1e-14);
    ck_assert(v[0].residual > 0);
}
END_TEST

/* Columns u_i v_j of rank 1, wide and tall: |u| |v| = 5 sqrt(14), then 0. */
START_TEST(matrix_oblong)
{
    double u[] = {3, 4}, v[] = {1, 2, 3}, a[6];
    size_t n = _i ? 2 : 3, m = 5 - n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            a[i * m + j] = _i ? u[i] * v[j] : v[i] * u[j];
    lln_singular_value out[2];
    expect_ok(lln_singular_matrix(a, n, m, 2, out));
    expect_relative(out[0].sigma, 5 * sqrt(14), 1e-15);
    expect_absolute(out[1].sigma, 0, 1e-14);
    expect_absolute(out[1].residual, 0, 1e-14);
}
END_TEST

/* All values of the same matrices, without vectors. */
START_TEST(matrix_all)
{
    double a[] = {3, 0, 4, 5}, b[] = {3, 6, 9, 4, 8, 12}, s[2];
    expect_ok(lln_singular_matrix_all(a, 2, 2, s));
    expect_relative(s[0], sqrt(45), 1e-15);
    expect_relative(s[1], sqrt(5), 1e-15);
    expect_ok(lln_singular_matrix_all(b, _i ? 2 : 1, _i ? 3 : 6, s));
    expect_relative(s[0], 5 * sqrt(14), 1e-15);
    expect_absolute(_i ? s[1] : 0, 0, 1e-14);
}
END_TEST

START_TEST(dense_all)
{
    double p[] = {0.75, 0.25, 0.25, 0.75}, s[2];
    lln_attention attention = given_attention(p, 2, 2);
    expect_ok(lln_singular_dense_all(&attention, 32, s));
    expect_relative(s[0], 1, 1e-15);
    expect_relative(s[1], 0.5, 1e-15);
    ck_assert(p[1] == 0.25);
    expect_status(lln_singular_dense_all(&attention, 31, s), LLN_ETOOBIG);
    lln_stop_requested = 1;
    expect_status(lln_singular_dense_all(&attention, 32, s), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
}
END_TEST

/* P = (3/4 1/4; 1/4 3/4): 1 and 1/2; P~: 1/2 and 0. */
START_TEST(dense_both)
{
    double p[] = {0.75, 0.25, 0.25, 0.75};
    lln_singular_value plain[2], centred[2];
    lln_attention attention = given_attention(p, 2, 2);
    lln_singular_options options = {.count = 2};
    lln_singular out = {.count = 2, .plain = plain, .centred = centred};
    expect_ok(lln_singular_dense(&attention, &options, &out));
    expect_relative(plain[0].sigma, 1, 1e-15);
    expect_relative(plain[1].sigma, 0.5, 1e-15);
    expect_relative(centred[0].sigma, 0.5, 1e-15);
    expect_absolute(centred[1].sigma, 0, 1e-15);
    options.memory = 8;
    expect_status(lln_singular_dense(&attention, &options, &out), LLN_ETOOBIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("singular_dense");
    TCase *dense = tcase_create("singular_dense");
    tcase_add_test(dense, matrix_square);
    tcase_add_loop_test(dense, matrix_oblong, 0, 2);
    tcase_add_loop_test(dense, matrix_all, 0, 2);
    tcase_add_test(dense, dense_all);
    tcase_add_test(dense, dense_both);
    suite_add_tcase(suite, dense);
    return run_suite(suite);
}
