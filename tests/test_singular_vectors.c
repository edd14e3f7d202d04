/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Refinement of singular vectors on a diagonal matrix. */
#include "measure/singular_vectors.h"

#include <string.h>

#include "given_matrix.h"

enum { N = 9, COUNT = 3 };

static void refine(const double *diagonal, double tilt, double *v,
                   lln_singular_value *values)
{
    double p[N * N] = {0};
    lln_singular_search how = {.wanted = 2, .tolerance = 1e-10};
    lln_operator op;
    lln_columns by;
    for (size_t i = 0; i < N; i++)
        p[i * N + i] = diagonal[i];
    /* Rows of v: unit vectors turned towards the fourth one. */
    memset(v, 0, COUNT * N * sizeof *v);
    for (size_t k = 0; k < COUNT; k++)
        v[k * N + k] = 1;
    v[0] = cos(tilt);
    v[3] = sin(tilt);
    lln_attention attention = given_attention(p, N, N);
    expect_ok(lln_operator_open(&attention, SIZE_MAX, &op));
    expect_ok(lln_columns_open(&op, 2, false, &by));
    expect_ok(lln_singular_vectors(&by, &how, v, COUNT, values));
    lln_columns_close(&by);
    lln_operator_close(&op);
}

/* Right vectors give right values at once, below 1e-8 of the largest too. */
START_TEST(vectors_right)
{
    static const double diagonal[N] = {1, 1e-11, 1e-13};
    double v[COUNT * N];
    lln_singular_value values[2];
    refine(diagonal, 0, v, values);
    expect_relative(values[0].sigma, 1, 1e-15);
    expect_relative(values[1].sigma, 1e-11, 1e-12);
    expect_absolute(values[1].residual, 0, 1e-16);
}
END_TEST

/* Three steps divide an error by (1/100)^2 each; the residual shows it. */
START_TEST(vectors_tilted)
{
    static const double diagonal[N] = {1, 0.5, 0.25, 0.01};
    double v[COUNT * N];
    lln_singular_value values[2];
    refine(diagonal, 1e-3, v, values);
    expect_relative(values[0].sigma, 1, 1e-14);
    expect_absolute(values[0].residual, 0, 1e-10);
    expect_absolute(fabs(v[0]), 1, 1e-14);
}
END_TEST

/* With a near fourth value they do not suffice, and the residual is large. */
START_TEST(vectors_wrong)
{
    static const double diagonal[N] = {1, 0.5, 0.25, 0.999};
    double v[COUNT * N];
    lln_singular_value values[2];
    refine(diagonal, 0.3, v, values);
    ck_assert(values[0].residual > 1e-5);
    ck_assert(fabs(values[0].sigma - 1) <= values[0].residual);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("singular_vectors");
    TCase *vectors = tcase_create("singular_vectors");
    tcase_add_test(vectors, vectors_right);
    tcase_add_test(vectors, vectors_tilted);
    tcase_add_test(vectors, vectors_wrong);
    suite_add_tcase(suite, vectors);
    return run_suite(suite);
}
