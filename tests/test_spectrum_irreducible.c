/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Eigenvalues of strongly connected blocks with closed forms. */
#include "measure/spectrum_irreducible.h"

#include "given_matrix.h"

enum { MOST = 12 };

static const double ROUNDING = 1e-15;

/* The companion matrix of (x - 0.8)(x + 0.5)(x - 0.1) = x^3 - 0.4 x^2 - 0.37 x
 * + 0.04, among the tokens 1, 2 and 4 of five. */
START_TEST(block_companion)
{
    enum { N = 5 };
    static const size_t members[] = {1, 2, 4};
    static const double companion[] = {0.4, 0.37, -0.04, 1, 0, 0, 0, 1, 0};
    static const double roots[] = {0.8, -0.5, 0.1};
    double matrix[N * N], work[2 * 9];
    lln_eigenvalue values[3];
    for (size_t i = 0; i < N * N; i++)
        matrix[i] = 7; /* of other tokens; not used */
    for (size_t i = 0; i < 9; i++)
        matrix[members[i / 3] * N + members[i % 3]] = companion[i];
    lln_block block = {matrix, N, members, 3, false, ROUNDING};
    expect_ok(lln_block_eigenvalues(&block, 3, work, values));
    for (size_t i = 0; i < 3; i++) {
        expect_absolute(values[i].re, roots[i], 1e-14);
        expect_absolute(values[i].re, roots[i], values[i].bound);
        ck_assert(values[i].im == 0 && values[i].bound < 1e-13 &&
                  values[i].condition >= 1 && values[i].residual < 1e-14);
    }
}
END_TEST

/* The eigenvalue 1 is left out. Of the eleven others, the wanted one and three
 * more are judged. */
START_TEST(block_stochastic)
{
    double p[MOST * MOST], work[2 * MOST * MOST];
    size_t members[MOST];
    lln_eigenvalue values[MOST];
    fill_circulant(twelve, MOST, p);
    for (size_t i = 0; i < MOST; i++)
        members[i] = i;
    lln_block block = {p, MOST, members, MOST, true, ROUNDING};
    values[MOST - 1].modulus = 9; /* not written */
    expect_ok(lln_block_eigenvalues(&block, 1, work, values));
    double complex second = circulant_eigenvalue(twelve, MOST, 1);
    expect_absolute(values[0].modulus, cabs(second), 1e-15);
    expect_absolute(values[0].re, creal(second), 1e-15);
    expect_absolute(values[0].im, fabs(cimag(second)), 1e-15);
    for (size_t i = 0; i + 1 < MOST; i++)
        ck_assert(i < 4 ? values[i].bound < 1e-13 && values[i].condition < 1.01
                        : values[i].bound == INFINITY &&
                              values[i].condition == INFINITY);
    ck_assert(values[MOST - 1].modulus == 9);
}
END_TEST

/* Tokens 0 and 2 have equal keys, so that p_i0 = p_i2: P 3 x 3 has rank 2, and
 * its eigenvalues are 1, trace - 1 and 0. Without 1 p' there are two zeros,
 * which rounding made a pair; the other eigenvalue was left out instead. */
START_TEST(block_two_zeros)
{
    static const size_t members[] = {0, 1, 2};
    static const double p[] = {
        0.37881163186550371, 0.24237673626899262, 0.37881163186550371,
        0.33586589837579983, 0.3282682032484003,  0.33586589837579983,
        0.33228262364613209, 0.33543475270773582, 0.33228262364613209};
    double work[18];
    lln_eigenvalue values[3];
    lln_block block = {p, 3, members, 3, true, ROUNDING};
    expect_ok(lln_block_eigenvalues(&block, 1, work, values));
    expect_absolute(values[0].re, p[0] + p[4] + p[8] - 1, 1e-15);
    ck_assert(values[0].im == 0 && values[0].bound < 1e-14);
    ck_assert(values[1].modulus < 1e-7);
}
END_TEST

/* A block of one token: its entry, unless that is the eigenvalue 1. */
START_TEST(block_one)
{
    static const double p[] = {0.5, 0.5, 0, -0.25};
    static const size_t last = 1;
    lln_eigenvalue value = {.modulus = 9};
    lln_block block = {p, 2, &last, 1, true, ROUNDING};
    expect_ok(lln_block_eigenvalues(&block, 1, NULL, &value));
    ck_assert(value.modulus == 9);
    block.stochastic = false;
    expect_ok(lln_block_eigenvalues(&block, 1, NULL, &value));
    ck_assert(value.modulus == 0.25 && value.re == -0.25 && value.im == 0);
    ck_assert(value.residual == 0 && value.condition == 1);
    expect_relative(value.bound, 0.25 * ROUNDING, 1e-15);
}
END_TEST

/* Entries beside the diagonal differ by 10^200. The matrix is similar to the
 * symmetric (0.5 0.2; 0.2 0.5) with the eigenvalues 0.7 and 0.3; scaling makes
 * them exact. */
START_TEST(block_scaled)
{
    static const double p[] = {0.5, 0.2e100, 0.2e-100, 0.5};
    static const size_t members[] = {0, 1};
    double work[8];
    lln_eigenvalue values[2];
    lln_block block = {p, 2, members, 2, false, ROUNDING};
    expect_ok(lln_block_eigenvalues(&block, 2, work, values));
    expect_absolute(values[0].re, 0.7, 1e-15);
    expect_absolute(values[1].re, 0.3, 1e-15);
    ck_assert(values[0].condition < 1.2 && values[0].bound < 1e-14);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_irreducible");
    TCase *block = tcase_create("block_eigenvalues");
    tcase_add_test(block, block_companion);
    tcase_add_test(block, block_stochastic);
    tcase_add_test(block, block_two_zeros);
    tcase_add_test(block, block_one);
    tcase_add_test(block, block_scaled);
    suite_add_tcase(suite, block);
    return run_suite(suite);
}
