/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Alpha and beta of a layer, from the matrix of all its heads. */
#include "match/layer.h"

#include "core/threads.h"
#include "expect.h"
#include "heads/files.h"
#include "heads/gaussian.h"
#include "match/match.h"
#include "npy_file.h"

enum { LAYERS = 2, HEADS = 3, N = 4, M = 5, D = 2 };

static double q[LAYERS][HEADS][N * D], k[LAYERS][HEADS][M * D];

/* Means and standard deviations that differ from head to head. */
static void fill(void)
{
    for (size_t i = 0; i < LAYERS * HEADS * N * D; i++)
        ((double *)q)[i] = 2.385 * sin((double)(i * i)) + (double)(i / 8);
    for (size_t i = 0; i < LAYERS * HEADS * M * D; i++)
        ((double *)k)[i] = 0.7 * cos(1.3 * (double)(i * i)) - (double)(i / 30);
    write_doubles("q.npy", "(2,3,4,2)", (double *)q, LAYERS * HEADS * N * D);
    write_doubles("k.npy", "(2,3,5,2)", (double *)k, LAYERS * HEADS * M * D);
}

static lln_heads open_files(const char *layout, const char *layers)
{
    lln_files files = {.q = "q.npy",
                       .k = "k.npy",
                       .layout = layout,
                       .layers = layers,
                       .rule.scale = NAN};
    lln_heads heads;
    expect_ok(lln_files_open(&files, &heads));
    return heads;
}

/* Alpha and beta of matrices [q_rows x D] and [k_rows x D] as one head. */
static void expect_match(const lln_layer_spreads *spreads, long layer,
                         const double *q_all, size_t q_rows,
                         const double *k_all, size_t k_rows)
{
    lln_head head = {.q = {LLN_FLOAT64, q_rows, D, q_all},
                     .k = {LLN_FLOAT64, k_rows, D, k_all},
                     .rule.scale = 1,
                     .layer = layer};
    lln_match match;
    double alpha, beta;
    expect_ok(lln_match_solve(lln_match_find("paper"), &head, &match));
    expect_ok(lln_layer_match(spreads, &head, &alpha, &beta));
    expect_relative(alpha, match.alpha, 1e-13);
    expect_relative(beta, match.beta, 1e-13);
}

START_TEST(layers)
{
    fill();
    lln_layer_spreads *spreads;
    lln_heads heads = open_files("lhnd", NULL);
    expect_ok(lln_layer_open(&heads, NAN, LLN_FLOAT64, &spreads));
    for (long l = 0; l < LAYERS; l++)
        expect_match(spreads, l, q[l][0], HEADS * N, k[l][0], HEADS * M);
    double alpha, beta;
    expect_status(
        lln_layer_match(spreads, &(lln_head){.layer = 2}, &alpha, &beta),
        LLN_EINVAL);
    lln_layer_free(spreads);
    lln_heads_close(&heads);
}
END_TEST

/* All batch entries belong to one layer. */
START_TEST(batch)
{
    fill();
    lln_layer_spreads *spreads;
    lln_heads heads = open_files("bhnd", NULL);
    expect_ok(lln_layer_open(&heads, NAN, LLN_FLOAT64, &spreads));
    expect_match(spreads, -1, q[0][0], LAYERS * HEADS * N, k[0][0],
                 LAYERS * HEADS * M);
    lln_layer_free(spreads);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(no_spread)
{
    double ones[LAYERS * HEADS * M * D], alpha, beta;
    fill();
    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)
        ones[i] = 1.5;
    write_doubles("k.npy", "(2,3,5,2)", ones, sizeof ones / sizeof *ones);
    lln_layer_spreads *spreads;
    lln_heads heads = open_files("lhnd", "1");
    expect_ok(lln_layer_open(&heads, NAN, LLN_FLOAT32, &spreads));
    expect_status(
        lln_layer_match(spreads, &(lln_head){.layer = 1}, &alpha, &beta),
        LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "alpha and beta are undefined: all entries of the "
                     "keys of the layer are equal");
    lln_layer_free(spreads);
    lln_layer_free(NULL); /* legal */
    lln_heads_close(&heads);
}
END_TEST

/* The draws are the same: alpha / beta is the ratio of the standard deviations
 * at any temperature. alpha = sqrt((sigma^4 - b) / (2 a)) / sigma is 3.7 at
 * sigma = 2 and 2.4 at sigma = 1/2; these draws deviate by a few percent. */
START_TEST(temperature)
{
    lln_gaussian model = {.n = 50,
                          .d = 4,
                          .sigma_q = 1,
                          .sigma_k = 1,
                          .trials = 3,
                          .rule.scale = NAN};
    lln_heads heads;
    lln_layer_spreads *cold, *hot;
    double alpha[2], beta[2];
    expect_ok(lln_gaussian_open(&model, &heads));
    expect_ok(lln_layer_open(&heads, 0.25, LLN_FLOAT64, &cold));
    expect_ok(lln_layer_open(&heads, 4, LLN_FLOAT64, &hot));
    expect_ok(
        lln_layer_match(cold, &(lln_head){.layer = -1}, &alpha[0], &beta[0]));
    expect_ok(
        lln_layer_match(hot, &(lln_head){.layer = -1}, &alpha[1], &beta[1]));
    expect_relative(alpha[0] / beta[0], alpha[1] / beta[1], 1e-14);
    expect_relative(alpha[0], 3.71, 0.1);
    expect_relative(alpha[1], 2.37, 0.1);
    lln_layer_free(cold);
    lln_layer_free(hot);
    lln_stop_requested = 1;
    expect_status(lln_layer_open(&heads, NAN, LLN_FLOAT64, &hot),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_heads_close(&heads);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer");
    TCase *layer = tcase_create("lln_layer");
    tcase_add_checked_fixture(layer, enter_folder, remove_folder);
    tcase_add_test(layer, layers);
    tcase_add_test(layer, batch);
    tcase_add_test(layer, no_spread);
    tcase_add_test(layer, temperature);
    suite_add_tcase(suite, layer);
    return run_suite(suite);
}
