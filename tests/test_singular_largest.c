/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The largest singular value of matrices with known ones, and of random ones
 * against LAPACK. */
#include "measure/singular_largest.h"

#include "core/threads.h"
#include "dense.h"
#include "given_matrix.h"
#include "measure/singular_dense.h"

static double solve(double *p, size_t n, size_t m, bool unnormalised)
{
    lln_operator op;
    double sigma1;
    lln_attention attention = given_attention(p, n, m);
    attention.unnormalised = unnormalised;
    expect_ok(lln_operator_open(&attention, SIZE_MAX, &op));
    expect_ok(lln_singular_largest(&op, false, 2e-10, 300, &sigma1));
    lln_operator_close(&op);
    return sigma1;
}

/* Random shapes; some entries negative. */
START_TEST(largest_random)
{
    size_t n = 2 + (size_t)_i * 7 % 50, m = 3 + (size_t)_i * 11 % 61;
    double *p = lln_array_alloc(n * m, sizeof *p), sigma[64];
    draw_numbers((uint64_t)_i, n * m, 1, p);
    for (size_t at = 0; at < n * m && _i % 2; at++)
        p[at] = fabs(p[at]);
    double sigma1 = solve(p, n, m, _i % 2 == 0);
    expect_ok(lln_singular_matrix_all(p, n, m, sigma));
    expect_relative(sigma1, sigma[0], 1e-10);
    free(p);
}
END_TEST

/* Columns that sum to 0 hide from a vector of equal entries. */
START_TEST(largest_hidden)
{
    double p[] = {3, -3, 0, 0.1, 0.1, 0.1};
    expect_relative(solve(p, 2, 3, true), 3 * sqrt(2), 1e-10);
}
END_TEST

/* All entries 1/m: sqrt(n / m). A permutation: 1. Nothing: 0. */
START_TEST(largest_closed)
{
    double p[30 * 20];
    for (size_t at = 0; at < 600; at++)
        p[at] = 1.0 / 20;
    expect_relative(solve(p, 30, 20, false), sqrt(1.5), 1e-14);
    memset(p, 0, sizeof p);
    ck_assert(solve(p, 30, 20, false) == 0);
    for (size_t i = 0; i < 20; i++)
        p[i * 20 + (i + 7) % 20] = 1;
    expect_relative(solve(p, 20, 20, false), 1, 1e-14);
    expect_relative(solve((double[]){0.25, 0, 0.75}, 1, 3, false), sqrt(0.625),
                    1e-14);
}
END_TEST

/* Values 2, 2 - 1/300, 2 - 2/300 ... need restarts of the basis. */
START_TEST(largest_dense_spectrum)
{
    enum { N = 300 };
    double *p = lln_array_alloc(N * N, sizeof *p), sigma1;
    for (size_t i = 0; i < N; i++)
        p[i * N + (i * 7 + 3) % N] = 2 - (double)((i * 11) % N) / N;
    expect_relative(solve(p, N, N, false), 2, 1e-12);
    lln_attention attention = given_attention(p, N, N);
    lln_operator op;
    expect_ok(lln_operator_open(&attention, SIZE_MAX, &op));
    expect_ok(lln_singular_largest(&op, false, 2e-10, 5, &sigma1));
    ck_assert(isnan(sigma1));
    lln_stop_requested = 1;
    expect_status(lln_singular_largest(&op, false, 2e-10, 5, &sigma1),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_operator_close(&op);
    free(p);
}
END_TEST

/* Threads and stored weights change no byte. */
START_TEST(largest_same_bytes)
{
    lln_head head = dense_head(1100, 1000, 8, 1, (lln_mask){0}, LLN_FLOAT32);
    lln_attention attention;
    double sigma1[3];
    open_kernel("softmax", &head, NULL, 0, &attention);
    for (int run = 0; run < 3; run++) {
        lln_operator op;
        lln_threads_set(run == 0 ? 1 : 2);
        expect_ok(lln_operator_open(&attention, run == 2 ? 0 : SIZE_MAX, &op));
        expect_ok(lln_singular_largest(&op, false, 1e-7, 300, &sigma1[run]));
        ck_assert(sigma1[run] == sigma1[0]);
        lln_operator_close(&op);
    }
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("singular_largest");
    TCase *largest = tcase_create("singular_largest");
    tcase_add_loop_test(largest, largest_random, 0, 200);
    tcase_add_test(largest, largest_hidden);
    tcase_add_test(largest, largest_closed);
    tcase_add_test(largest, largest_dense_spectrum);
    tcase_add_test(largest, largest_same_bytes);
    suite_add_tcase(suite, largest);
    return run_suite(suite);
}
