/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Block Lanczos iteration on diagonal matrices, whose singular values are their
 * entries. */
#include "measure/singular_lanczos.h"

#include "core/memory.h"
#include "given_matrix.h"

enum { N = 300, BLOCK = 8, MOST = 24 };

static const lln_singular_search SEARCH = {
    .wanted = 12, .passes = 35, .tolerance = 1e-10};

/* p_ii = entries_i, in an order that hides them. */
static void solve(const double *entries, const lln_singular_search *how,
                  lln_singular_value *values)
{
    double *p = lln_array_alloc(N * N, sizeof *p);
    lln_operator op;
    lln_columns by;
    for (size_t i = 0; i < N; i++)
        p[i * N + (i * 7 + 3) % N] = entries[(i * 11) % N];
    lln_attention attention = given_attention(p, N, N);
    expect_ok(lln_operator_open(&attention, SIZE_MAX, &op));
    expect_ok(lln_columns_open(&op, BLOCK, false, &by));
    expect_ok(lln_singular_lanczos(&by, how, values));
    lln_columns_close(&by);
    lln_operator_close(&op);
    free(p);
}

/* 1, 1/2, 1/4, ...: float64 ends at the 53rd. */
START_TEST(lanczos_geometric)
{
    double entries[N];
    lln_singular_value values[MOST];
    lln_singular_search how = SEARCH;
    how.wanted = MOST;
    for (size_t i = 0; i < N; i++)
        entries[i] = pow(0.5, (double)i);
    solve(entries, &how, values);
    for (size_t k = 0; k < MOST; k++) {
        expect_relative(values[k].sigma, pow(0.5, (double)k), 1e-9);
        expect_absolute(values[k].residual, 0, 1e-10 * values[k].sigma + 1e-14);
    }
}
END_TEST

/* Gaps of 1/N of the largest value need restarts. */
START_TEST(lanczos_dense_spectrum)
{
    double entries[N];
    lln_singular_value values[MOST];
    for (size_t i = 0; i < N; i++)
        entries[i] = 2 - (double)i / N;
    lln_singular_search how = SEARCH;
    how.passes = 100;
    solve(entries, &how, values);
    for (size_t k = 0; k < how.wanted; k++)
        expect_absolute(values[k].sigma, entries[k], 1e-13);
}
END_TEST

/* More equal values than the block has vectors. */
START_TEST(lanczos_multiple)
{
    double entries[N];
    lln_singular_value values[MOST];
    for (size_t i = 0; i < N; i++)
        entries[i] = i < 10 ? 3 : 1 / (double)i;
    solve(entries, &SEARCH, values);
    for (size_t k = 0; k < SEARCH.wanted; k++)
        expect_absolute(values[k].sigma, entries[k], 1e-12);
}
END_TEST

/* Too few passes: residuals say so. */
START_TEST(lanczos_stopped)
{
    double entries[N];
    lln_singular_value values[MOST];
    lln_singular_search how = SEARCH;
    how.passes = 2;
    for (size_t i = 0; i < N; i++)
        entries[i] = 2 - (double)i / N;
    solve(entries, &how, values);
    ck_assert(values[0].residual > 1e-4);
    ck_assert(fabs(values[0].sigma - entries[0]) <= values[0].residual);
}
END_TEST

START_TEST(lanczos_zero)
{
    double entries[N] = {0};
    lln_singular_value values[MOST];
    solve(entries, &SEARCH, values);
    ck_assert(values[0].sigma == 0 && values[0].residual == 0);
}
END_TEST

/* Blocks of 9: a basis of 16 of them, 144 vectors, and two more blocks. */
START_TEST(lanczos_bytes)
{
    double vectors = 1000 * (144 + 18), small = 3.0 * 144 * 144;
    double refined = (5 + 4) * 3000, sums = 16 * 9 * 1000;
    ck_assert(lln_singular_lanczos_bytes(1000, 1000, 9, 5) ==
              8 * (vectors + small + refined + sums));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("singular_lanczos");
    TCase *lanczos = tcase_create("singular_lanczos");
    tcase_add_test(lanczos, lanczos_geometric);
    tcase_add_test(lanczos, lanczos_dense_spectrum);
    tcase_add_test(lanczos, lanczos_multiple);
    tcase_add_test(lanczos, lanczos_stopped);
    tcase_add_test(lanczos, lanczos_zero);
    tcase_add_test(lanczos, lanczos_bytes);
    suite_add_tcase(suite, lanczos);
    return run_suite(suite);
}
