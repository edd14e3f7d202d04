/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Block-diagonal matrices whose blocks have closed forms. */
#include "measure/spectrum_blocks.h"

#include "core/threads.h"
#include "given_matrix.h"

enum { N = 7, BLOCK = 3 };

static const double first[] = {0.6, 0.3, 0.1}, second[] = {0.2, 0.7, 0.1};

/* Circulant blocks of 3, 3 and 1 tokens. */
static lln_attention open_blocks(double p[N * N])
{
    memset(p, 0, N * N * sizeof *p);
    for (size_t i = 0; i < BLOCK; i++)
        for (size_t j = 0; j < BLOCK; j++) {
            p[i * N + j] = first[(BLOCK + j - i) % BLOCK];
            p[(BLOCK + i) * N + BLOCK + j] = second[(BLOCK + j - i) % BLOCK];
        }
    p[N * N - 1] = 1;
    lln_attention attention = given_attention(p, N, N);
    attention.mask.block = BLOCK;
    return attention;
}

/* Three ones, then the pairs of the second and of the first block. P is normal,
 * and two of its three vectors for 1 have mean 0, so that P less its column
 * means keeps the singular value 1. */
START_TEST(blocks_values)
{
    double p[N * N], squares = 0;
    lln_eigenvalue values[N];
    lln_attention attention = open_blocks(p);
    lln_spectrum_options options = {.norms = true, .memory = 1 << 20};
    lln_spectrum out = {.known = 1, .count = N, .eigenvalues = values};
    expect_ok(lln_spectrum_blocks(&attention, &options, &out));
    double complex larger = circulant_eigenvalue(second, BLOCK, 1);
    double complex smaller = circulant_eigenvalue(first, BLOCK, 1);
    for (size_t i = 0; i < 3; i++)
        ck_assert(values[i].re == 1 && values[i].im == 0 &&
                  values[i].bound == 0);
    expect_absolute(values[3].re, creal(larger), 1e-15);
    expect_absolute(values[3].im, fabs(cimag(larger)), 1e-15);
    expect_absolute(values[5].re, creal(smaller), 1e-15);
    expect_absolute(values[6].im, -fabs(cimag(smaller)), 1e-15);
    ck_assert_uint_eq(out.known, 1);
    for (size_t j = 0; j < N; j++) {
        double mean = 0;
        for (size_t i = 0; i < N; i++)
            mean += p[i * N + j] / N;
        for (size_t i = 0; i < N; i++)
            squares += pow(p[i * N + j] - mean, 2);
    }
    expect_relative(out.unbiased_norm, sqrt(squares), 1e-13);
    expect_relative(out.centered_sigma1, 1, 1e-7);
}
END_TEST

/* The three ones cost no memory; a fourth value needs 3 x 3 x 3 doubles. */
START_TEST(blocks_limits)
{
    double p[N * N];
    lln_eigenvalue values[N];
    lln_attention attention = open_blocks(p);
    lln_spectrum_options options = {.memory = 215};
    lln_spectrum out = {.known = 1, .count = 3, .eigenvalues = values};
    expect_ok(lln_spectrum_blocks(&attention, &options, &out));
    ck_assert(values[2].re == 1);
    out.count = 4;
    expect_status(lln_spectrum_blocks(&attention, &options, &out), LLN_ETOOBIG);
    options.memory = 216;
    expect_ok(lln_spectrum_blocks(&attention, &options, &out));
    lln_stop_requested = 1;
    expect_status(lln_spectrum_blocks(&attention, &options, &out),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
}
END_TEST

START_TEST(block_order_counts)
{
    lln_attention attention = {.n = N, .m = N, .mask.block = BLOCK};
    ck_assert_uint_eq(lln_spectrum_block_order(&attention, 3), 0);
    ck_assert_uint_eq(lln_spectrum_block_order(&attention, 4), BLOCK);
    attention.mask.block = 100;
    ck_assert_uint_eq(lln_spectrum_block_order(&attention, 1), 0);
    ck_assert_uint_eq(lln_spectrum_block_order(&attention, 2), N);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_blocks");
    TCase *blocks = tcase_create("spectrum_blocks");
    tcase_add_test(blocks, blocks_values);
    tcase_add_test(blocks, blocks_limits);
    suite_add_tcase(suite, blocks);
    TCase *order = tcase_create("block_order");
    tcase_add_test(order, block_order_counts);
    suite_add_tcase(suite, order);
    return run_suite(suite);
}
