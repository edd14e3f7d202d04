/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many singular values hold a fraction of the squares: closed forms, and
 * random matrices against LAPACK. */
#include "measure/singular_part.h"

#include "core/threads.h"
#include "given_matrix.h"
#include "head_cases.h"
#include "measure/singular_dense.h"

enum { N = 300, BLOCK = 8 };

/* The rank of p [N x N], or 0. */
static size_t search(double *p, double fraction, size_t most,
                     lln_part_status *known)
{
    lln_operator op;
    lln_columns by;
    size_t rank = 0;
    lln_singular_part part = {0, fraction, 1e-12, most};
    for (size_t at = 0; at < N * N; at++)
        part.total += p[at] * p[at];
    lln_attention attention = given_attention(p, N, N);
    expect_ok(lln_operator_open(&attention, SIZE_MAX, &op));
    expect_ok(lln_columns_open(&op, BLOCK, false, &by));
    expect_ok(lln_singular_part_search(&by, &part, &rank, known));
    lln_columns_close(&by);
    lln_operator_close(&op);
    return rank;
}

/* p_ii = sigma_i, in an order that hides them. */
static double *diagonal(const double *sigma)
{
    double *p = lln_array_alloc(N * N, sizeof *p);
    for (size_t i = 0; i < N; i++)
        p[i * N + (i * 7 + 3) % N] = sigma[(i * 11) % N];
    return p;
}

/* 9, 4, 1 of 14; ties at the fraction itself; the slack. */
START_TEST(count_given)
{
    static const double sigma[] = {3, 2, 1};
    lln_singular_part part = {14, 0.9, 0, 3};
    ck_assert_uint_eq(lln_singular_part_count(sigma, 3, &part), 2);
    part.fraction = 13.0 / 14;
    part.slack = 1e-12;
    ck_assert_uint_eq(lln_singular_part_count(sigma, 3, &part), 2);
    part.fraction = 0.95;
    ck_assert_uint_eq(lln_singular_part_count(sigma, 3, &part), 3);
    part.slack = 0.03;
    ck_assert_uint_eq(lln_singular_part_count(sigma, 3, &part), 2);
    part.fraction = 1;
    part.slack = 0;
    part.total = 15;
    ck_assert_uint_eq(lln_singular_part_count(sigma, 3, &part), 3);
}
END_TEST

/* Squares b^i hold 1 - b^r in r values, exactly known for every b. */
START_TEST(search_geometric)
{
    double sigma[N], b = 0.5 + 0.05 * _i;
    lln_part_status known;
    for (size_t i = 0; i < N; i++)
        sigma[i] = pow(b, (double)i / 2);
    double *p = diagonal(sigma);
    size_t rank = search(p, 0.9, 60, &known);
    ck_assert_int_eq(known, LLN_PART_KNOWN);
    ck_assert_uint_eq(rank, (size_t)ceil(log(0.1) / log(b)));
    free(p);
}
END_TEST

/* Random singular values in random bases: P = U S V' of Householder vectors. */
START_TEST(search_random)
{
    double sigma[N], u[N], v[N], values[N];
    lln_part_status known;
    draw_numbers((uint64_t)_i, N, 1, sigma);
    draw_numbers((uint64_t)_i + 100, N, 1, u);
    draw_numbers((uint64_t)_i + 200, N, 1, v);
    for (size_t i = 0; i < N; i++)
        sigma[i] = exp(2 * sigma[i]);
    double *p = diagonal(sigma), uu = 0, vv = 0;
    for (size_t i = 0; i < N; i++) {
        uu += u[i] * u[i];
        vv += v[i] * v[i];
    }
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < N; i++) {
            double sum = 0, *at = side ? p + i * N : p + i;
            size_t step = side ? 1 : N;
            for (size_t j = 0; j < N; j++)
                sum += (side ? v : u)[j] * at[j * step];
            sum *= 2 / (side ? vv : uu);
            for (size_t j = 0; j < N; j++)
                at[j * step] -= sum * (side ? v : u)[j];
        }
    double fraction = 0.5 + 0.01 * _i;
    size_t rank = search(p, fraction, 140, &known);
    double total = 0;
    for (size_t i = 0; i < N; i++)
        total += sigma[i] * sigma[i];
    expect_ok(lln_singular_matrix_all(p, N, N, values));
    lln_singular_part part = {total, fraction, 1e-12, N};
    ck_assert_int_eq(known, LLN_PART_KNOWN);
    ck_assert_uint_eq(rank, lln_singular_part_count(values, N, &part));
    free(p);
}
END_TEST

/* Equal values need 270 of 300: more than 20, which the first block shows. */
START_TEST(search_beyond)
{
    double sigma[N];
    lln_part_status known;
    for (size_t i = 0; i < N; i++)
        sigma[i] = _i ? 2 - (double)i / N : 1;
    double *p = diagonal(sigma);
    search(p, 0.9, 20, &known);
    ck_assert_int_eq(known, LLN_PART_BEYOND);
    free(p);
}
END_TEST

/* One value holds all; and two of 1000 equal ones in blocks of 8. */
START_TEST(search_few)
{
    double sigma[N] = {5};
    lln_part_status known;
    double *p = diagonal(sigma);
    ck_assert_uint_eq(search(p, 0.9, 20, &known), 1);
    ck_assert_int_eq(known, LLN_PART_KNOWN);
    free(p);
    sigma[1] = sigma[2] = sigma[3] = 5;
    p = diagonal(sigma);
    ck_assert_uint_eq(search(p, 0.5, 20, &known), 2);
    free(p);
}
END_TEST

/* The fraction lies within the errors of what 12 vectors find. */
START_TEST(search_uncertain)
{
    double sigma[N];
    lln_part_status known;
    for (size_t i = 0; i < N; i++)
        sigma[i] = exp(-(double)i / 60);
    double *p = diagonal(sigma);
    search(p, 0.9, 1, &known);
    ck_assert(known != LLN_PART_KNOWN);
    lln_attention attention = given_attention(p, N, N);
    lln_operator op;
    lln_columns by;
    size_t rank;
    lln_singular_part part = {30, 0.9, 1e-12, 100};
    expect_ok(lln_operator_open(&attention, SIZE_MAX, &op));
    expect_ok(lln_columns_open(&op, BLOCK, false, &by));
    lln_stop_requested = 1;
    expect_status(lln_singular_part_search(&by, &part, &rank, &known),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_columns_close(&by);
    lln_operator_close(&op);
    free(p);
}
END_TEST

/* A basis of 2 x 10 + 4 x 8 = 52 vectors, two blocks, sums of 16 groups. */
START_TEST(bytes_counted)
{
    ck_assert(lln_singular_part_bytes(1000, 8, 10) ==
              8 * (1000.0 * (52 + 16) + 3 * 52.0 * 52 + 16 * 8 * 1000.0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("singular_part");
    TCase *part = tcase_create("singular_part");
    tcase_add_test(part, count_given);
    tcase_add_loop_test(part, search_geometric, 0, 9);
    tcase_add_loop_test(part, search_random, 0, 45);
    tcase_add_loop_test(part, search_beyond, 0, 2);
    tcase_add_test(part, search_few);
    tcase_add_test(part, search_uncertain);
    tcase_add_test(part, bytes_counted);
    suite_add_tcase(suite, part);
    return run_suite(suite);
}
