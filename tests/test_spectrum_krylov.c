/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The block Krylov-Schur method on operators with known eigenvalues. */
#include "measure/spectrum_krylov.h"

#include "given_matrix.h"

enum { N = 60, BLOCK = 2 };

typedef struct {
    const double *entries; /* [N] of a diagonal */
    size_t block, calls;
} diagonal;

static lln_status multiply(void *context, const double *x, double *y)
{
    diagonal *d = context;
    d->calls++;
    for (size_t i = 0; i < N * d->block; i++)
        y[i] = d->entries[i / d->block] * x[i];
    return LLN_OK;
}

/* Turns coordinates 2 i and 2 i + 1 by 0.3 radian and stretches them by 0.8^i:
 * eigenvalues 0.8^i exp(+-0.3 i). */
static lln_status turn(void *context, const double *x, double *y)
{
    (void)context;
    for (size_t i = 0; i < N; i += 2) {
        double size = pow(0.8, (double)i / 2), c = cos(0.3), s = sin(0.3);
        y[i] = size * (c * x[i] - s * x[i + 1]);
        y[i + 1] = size * (s * x[i] + c * x[i + 1]);
    }
    return LLN_OK;
}

/* The same with angles 0.1 (i + 1): eigenvalues all around the unit circle. */
static lln_status turn_around(void *context, const double *x, double *y)
{
    ((diagonal *)context)->calls++;
    for (size_t i = 0; i < N; i += 2) {
        double angle = 0.05 * (double)(i + 2), c = cos(angle), s = sin(angle);
        y[i] = c * x[i] - s * x[i + 1];
        y[i + 1] = s * x[i] + c * x[i + 1];
    }
    return LLN_OK;
}

static lln_status refuse(void *context, const double *x, double *y)
{
    (void)context;
    (void)x;
    (void)y;
    return lln_fail(LLN_EINTERRUPTED, "interrupted");
}

static lln_krylov problem_of(diagonal *d)
{
    return (lln_krylov){.n = N,
                        .block = d->block,
                        .basis = 24,
                        .wanted = 3,
                        .guard = 2,
                        .restarts = 100,
                        .tolerance = 1e-10,
                        .apply = multiply,
                        .context = d};
}

/* Eigenvalues -1, 0.9, 0.8 and smaller ones, with one vector and with two at a
 * time. Each eigenvector is one coordinate. */
START_TEST(solve_diagonal)
{
    double entries[N], vectors[3 * 2 * N];
    for (size_t i = 0; i < N; i++)
        entries[i] = 0.7 * (double)i / N;
    entries[7] = -1;
    entries[30] = 0.9;
    entries[2] = 0.8;
    static const double wanted[] = {-1, 0.9, 0.8};
    static const size_t place[] = {7, 30, 2};
    diagonal d = {entries, (size_t)_i + 1, 0};
    lln_krylov problem = problem_of(&d);
    lln_eigenvalue values[3];
    expect_ok(lln_krylov_solve(&problem, values, vectors));
    for (size_t i = 0; i < 3; i++) {
        expect_absolute(values[i].re, wanted[i], 1e-9);
        expect_absolute(values[i].im, 0, 1e-12);
        ck_assert(values[i].residual <= 1e-9 && values[i].condition < 1.001);
        ck_assert(values[i].bound == INFINITY);
        double length = 0;
        for (size_t j = 0; j < N; j++)
            length += pow(vectors[i * 2 * N + j], 2);
        expect_absolute(fabs(vectors[i * 2 * N + place[i]]) / sqrt(length), 1,
                        1e-9);
    }
}
END_TEST

/* Both values of a conjugate pair have one modulus; x = (1, -i) in the first
 * two places. */
START_TEST(solve_pair)
{
    double vectors[2 * 2 * N], *x = vectors;
    diagonal d = {NULL, 1, 0};
    lln_krylov problem = problem_of(&d);
    lln_eigenvalue values[2];
    problem.wanted = 2;
    problem.apply = turn;
    expect_ok(lln_krylov_solve(&problem, values, vectors));
    expect_absolute(values[0].re, cos(0.3), 1e-9);
    expect_absolute(values[0].im, sin(0.3), 1e-9);
    expect_absolute(values[1].im, -sin(0.3), 1e-9);
    expect_absolute(values[0].modulus, 1, 1e-9);
    double complex first = x[0] + I * x[N], second = x[1] + I * x[N + 1];
    expect_absolute(cabs(second / first + I), 0, 1e-8);
}
END_TEST

/* The same bits each time, since the start vectors are fixed. */
START_TEST(solve_again)
{
    double entries[N], vectors[2][3 * 2 * N];
    lln_eigenvalue values[2][3];
    for (size_t i = 0; i < N; i++)
        entries[i] = 1 / (1 + (double)i);
    for (int run = 0; run < 2; run++) {
        diagonal d = {entries, BLOCK, 0};
        lln_krylov problem = problem_of(&d);
        expect_ok(lln_krylov_solve(&problem, values[run], vectors[run]));
    }
    ck_assert_mem_eq(values[0], values[1], sizeof values[0]);
    for (size_t i = 0; i < 3; i++) /* the second half of each is not used */
        ck_assert_mem_eq(vectors[0] + 2 * N * i, vectors[1] + 2 * N * i,
                         N * sizeof(double));
}
END_TEST

/* Sixty eigenvalues with nearly the same modulus, and no restart. */
START_TEST(solve_fails)
{
    double entries[N], vectors[3 * 2 * N];
    lln_eigenvalue values[3];
    for (size_t i = 0; i < N; i++)
        entries[i] = 1 + 1e-4 * (double)i;
    diagonal d = {entries, 1, 0};
    lln_krylov problem = problem_of(&d);
    problem.restarts = 0;
    expect_status(lln_krylov_solve(&problem, values, vectors), LLN_ENOCONV);
    ck_assert_str_eq(lln_error_message(),
                     "method arnoldi: no convergence after 0 restarts");
    ck_assert_uint_le(d.calls, problem.basis);
    problem.apply = refuse;
    expect_status(lln_krylov_solve(&problem, values, vectors),
                  LLN_EINTERRUPTED);
}
END_TEST

/* A hasty search gives up after three restarts on eigenvalues of one modulus,
 * and does not differ on others. */
START_TEST(solve_hastily)
{
    double entries[N], vectors[3 * 2 * N];
    lln_eigenvalue values[3];
    diagonal d = {entries, 1, 0};
    lln_krylov problem = problem_of(&d);
    problem.hasty = true;
    problem.apply = turn_around;
    expect_status(lln_krylov_solve(&problem, values, vectors), LLN_ENOCONV);
    ck_assert_str_eq(lln_error_message(),
                     "method arnoldi: no convergence after 3 restarts");
    ck_assert_uint_le(d.calls, 4 * problem.basis);
    for (size_t i = 0; i < N; i++)
        entries[i] = pow(0.97, (double)i);
    problem.apply = multiply;
    expect_ok(lln_krylov_solve(&problem, values, vectors));
    expect_absolute(values[2].re, 0.97 * 0.97, 1e-9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_krylov");
    TCase *solve = tcase_create("krylov_solve");
    tcase_add_loop_test(solve, solve_diagonal, 0, BLOCK);
    tcase_add_test(solve, solve_pair);
    tcase_add_test(solve, solve_again);
    tcase_add_test(solve, solve_fails);
    tcase_add_test(solve, solve_hastily);
    suite_add_tcase(suite, solve);
    return run_suite(suite);
}
