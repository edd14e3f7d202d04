/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Diagonal similarities: the promises of each, on small matrices and random
 * ones. */
#include "measure/spectrum_scaling.h"

#include <string.h>

#include "head_cases.h"

enum { N = 6 };

/* Random entries of very different sizes, none of them 0. */
static void draw_matrix(uint64_t seed, double deviation, double *b)
{
    draw_numbers(seed, N * N, deviation, b);
    for (size_t i = 0; i < N * N; i++)
        b[i] = exp(b[i]);
}

/* Each exponent is a whole number: D is made of powers of two. */
static void expect_whole(const double *exponent, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ck_assert(exponent[i] == rint(exponent[i]));
}

/* |B|_2 by many steps of power iteration on B'B. */
static double norm_of(const double *b, size_t n)
{
    double x[N] = {1, 0.9, 1.1, 0.8, 1.2, 0.7}, y[N], z[N], length = 0;
    for (int k = 0; k < 2000; k++) {
        dense_multiply(b, n, n, false, x, 1, y);
        dense_multiply(b, n, n, true, y, 1, z);
        length = 0;
        for (size_t i = 0; i < n; i++)
            length += z[i] * z[i];
        length = sqrt(length);
        for (size_t i = 0; i < n; i++)
            x[i] = z[i] / length;
    }
    return sqrt(length);
}

/* Random matrices, scaled, have a norm of at most 2; signs do not matter. */
START_TEST(stationary_norm)
{
    double b[N * N], p[N], exponent[N], sum = 0;
    draw_matrix((uint64_t)_i, 2, b);
    for (size_t i = 0; i < N; i++) {
        double row = 0;
        for (size_t j = 0; j < N; j++)
            row += b[i * N + j];
        for (size_t j = 0; j < N; j++)
            b[i * N + j] /= (i + j) % 3 ? row : -row;
    }
    ck_assert(lln_scaling_stationary(b, N, p, exponent));
    for (size_t i = 0; i < N; i++)
        sum += p[i];
    expect_relative(sum, 1, 1e-14);
    expect_whole(exponent, N);
    lln_scaling_apply(b, N, exponent);
    ck_assert_msg(norm_of(b, N) < 2, "%g", norm_of(b, N));
}
END_TEST

/* p = (3/4, 1/4) is stationary, and the start is (1/2, 1/2): one step leads to
 * (0.6, 0.4), which is close enough. If all mass goes from 63 tokens to one and
 * back in each step, p is not reached. */
START_TEST(stationary_by_hand)
{
    enum { MANY = 64 };
    static const double two[] = {0.9, 0.1, 0.3, 0.7};
    static double star[MANY * MANY];
    double p[MANY], exponent[MANY];
    ck_assert(lln_scaling_stationary(two, 2, p, exponent));
    expect_relative(p[0], 0.6, 1e-15);
    expect_relative(p[1], 0.4, 1e-15);
    ck_assert(exponent[0] == exponent[1]);
    for (size_t i = 1; i < MANY; i++) {
        star[i] = 1.0 / (MANY - 1);
        star[i * MANY] = 1;
    }
    ck_assert(!lln_scaling_stationary(star, MANY, p, exponent));
}
END_TEST

/* The largest geometric mean of the entries around a cycle, from all closed
 * walks of at most N steps (the log of their product over their length). */
static double largest_cycle(const double *b)
{
    double most = -INFINITY, walk[N], next[N];
    for (size_t start = 0; start < N; start++) {
        for (size_t j = 0; j < N; j++)
            walk[j] = j == start ? 0 : -INFINITY;
        for (size_t steps = 1; steps <= N; steps++) {
            for (size_t j = 0; j < N; j++) {
                next[j] = -INFINITY;
                for (size_t i = 0; i < N; i++)
                    if (i != j)
                        next[j] = fmax(next[j], walk[i] + log2(b[i * N + j]));
            }
            memcpy(walk, next, sizeof walk);
            most = fmax(most, walk[start] / (double)steps);
        }
    }
    return exp2(most);
}

/* No entry beside the diagonal exceeds the largest cycle mean, except by
 * rounding D to powers of two (up to 2) and the last improvement (2^0.1). */
START_TEST(tropical_cycle)
{
    double b[N * N], logs[N * N], exponent[N], largest = 0;
    draw_matrix(100 + (uint64_t)_i, 20, b);
    double mu = largest_cycle(b);
    expect_ok(lln_scaling_tropical(b, N, logs, exponent));
    expect_whole(exponent, N);
    lln_scaling_apply(b, N, exponent);
    for (size_t i = 0; i < N * N; i++)
        if (i % (N + 1) != 0)
            largest = fmax(largest, b[i]);
    ck_assert_msg(largest <= 2.2 * mu, "%g, cycle %g", largest, mu);
    expect_relative(largest_cycle(b), mu, 1e-12);
}
END_TEST

/* Entries 4^k above the diagonal and 4^-k below become ones. */
START_TEST(tropical_tridiagonal)
{
    double b[N * N] = {0}, logs[N * N], exponent[N];
    for (size_t i = 0; i + 1 < N; i++) {
        b[i * N + i + 1] = exp2(2 * (double)i + 6);
        b[(i + 1) * N + i] = exp2(-2 * (double)i - 6);
        b[i * (N + 1)] = 0.3;
    }
    expect_ok(lln_scaling_tropical(b, N, logs, exponent));
    lln_scaling_apply(b, N, exponent);
    for (size_t i = 0; i + 1 < N; i++)
        ck_assert(b[i * N + i + 1] == 1 && b[(i + 1) * N + i] == 1 &&
                  b[i * (N + 1)] == 0.3);
}
END_TEST

/* d_i = 2^exponent: b_ij d_j / d_i; a value that is too small becomes 0. */
START_TEST(apply_by_hand)
{
    static const double exponent[] = {0, 3, -2};
    double b[] = {2.385, 1, 1, 1, -0.07, 1, 1, 5e-324, 1};
    lln_scaling_apply(b, 3, exponent);
    static const double wanted[] = {2.385,   8, 0.25,     0.125, -0.07,
                                    0.03125, 4, 160e-324, 1};
    for (size_t i = 0; i < 9; i++)
        ck_assert_msg(b[i] == wanted[i], "%zu: %g", i, b[i]);
    static const double down[] = {0, -2000};
    double small[] = {1, 1, 1, 1};
    lln_scaling_apply(small, 2, down);
    ck_assert(small[1] == 0 && small[0] == 1 && small[3] == 1);
}
END_TEST

/* 2^20 and 2^-20 both become 1; the shifts are added to the exponents. */
START_TEST(balance_by_hand)
{
    double b[] = {0.25, 0x1p20, 0x1p-20, 0.5}, exponent[] = {1, 5};
    lln_scaling_balance(b, 2, exponent);
    ck_assert(b[0] == 0.25 && b[1] == 1 && b[2] == 1 && b[3] == 0.5);
    ck_assert(exponent[0] - exponent[1] == 16);
    double zero[4] = {1, 0, 0, 1};
    lln_scaling_balance(zero, 2, exponent);
    ck_assert(zero[0] == 1 && zero[1] == 0 && exponent[0] - exponent[1] == 16);
}
END_TEST

/* The balanced matrix equals the scaled one, and the norms of a row and its
 * column differ by at most a factor of four. */
START_TEST(balance_norms)
{
    double b[N * N], copy[N * N], exponent[N] = {0};
    draw_matrix(200 + (uint64_t)_i, 6, b);
    memcpy(copy, b, sizeof b);
    lln_scaling_balance(b, N, exponent);
    expect_whole(exponent, N);
    for (size_t i = 0; i < N; i++) {
        double row = 0, column = 0;
        for (size_t j = 0; j < N; j++) {
            row += j == i ? 0 : b[i * N + j] * b[i * N + j];
            column += j == i ? 0 : b[j * N + i] * b[j * N + i];
        }
        ck_assert_msg(row <= 16 * column && column <= 16 * row, "%g %g", row,
                      column);
    }
    lln_scaling_apply(copy, N, exponent);
    ck_assert_mem_eq(copy, b, sizeof b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_scaling");
    TCase *stationary = tcase_create("scaling_stationary");
    tcase_add_loop_test(stationary, stationary_norm, 0, 50);
    tcase_add_test(stationary, stationary_by_hand);
    suite_add_tcase(suite, stationary);
    TCase *tropical = tcase_create("scaling_tropical");
    tcase_add_loop_test(tropical, tropical_cycle, 0, 50);
    tcase_add_test(tropical, tropical_tridiagonal);
    suite_add_tcase(suite, tropical);
    TCase *apply = tcase_create("scaling_apply");
    tcase_add_test(apply, apply_by_hand);
    suite_add_tcase(suite, apply);
    TCase *balance = tcase_create("scaling_balance");
    tcase_add_test(balance, balance_by_hand);
    tcase_add_loop_test(balance, balance_norms, 0, 50);
    suite_add_tcase(suite, balance);
    return run_suite(suite);
}
