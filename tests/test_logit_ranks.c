/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ranks of logits against LAPACK on all logits of a head, and closed forms. */
#include "measure/logit_ranks.h"

#include "core/threads.h"
#include "dense.h"
#include "measure/singular_dense.h"
#include "spectrum_case.h"

/* Subtracts means of the rows and, with both, of the columns of a [n x m]. */
static void centre(double *a, size_t n, size_t m, bool both)
{
    for (size_t i = 0; i < n; i++) {
        double mean = 0;
        for (size_t j = 0; j < m; j++)
            mean += a[i * m + j] / (double)m;
        for (size_t j = 0; j < m; j++)
            a[i * m + j] -= mean;
    }
    for (size_t j = 0; j < m && both; j++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += a[i * m + j] / (double)n;
        for (size_t i = 0; i < n; i++)
            a[i * m + j] -= mean;
    }
}

/* The ranks of the logits of a head, rows centred (1), both (2), neither (0).
 */
static lln_logit_rank dense_rank(const lln_head *head, int centring)
{
    size_t n = head->q.rows, m = head->k.rows;
    double *a = lln_array_alloc(n * m, sizeof *a), total = 0, sum = 0;
    double *sigma = lln_array_alloc(n + m, sizeof *sigma);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            a[i * m + j] = dense_logit(head, i, j);
    if (centring)
        centre(a, n, m, centring == 2);
    expect_ok(lln_singular_matrix_all(a, n, m, sigma));
    size_t least = lln_size_smaller(n, m), rank = 0;
    for (size_t i = 0; i < least; i++)
        total += sigma[i] * sigma[i];
    while (sum < (0.9 - 1e-12) * total) {
        sum += sigma[rank] * sigma[rank];
        rank++;
    }
    lln_logit_rank out = {total / (sigma[0] * sigma[0]), (double)rank};
    free(a);
    free(sigma);
    return out;
}

static void expect_rank(lln_logit_rank got, lln_logit_rank expected,
                        double tolerance)
{
    expect_relative(got.stable_rank, expected.stable_rank, tolerance);
    ck_assert(got.rank90 == expected.rank90);
}

static const struct {
    size_t n, m, d;
    double sigma;
    lln_precision precision;
} RUNS[] = {
    {40, 60, 8, 1, LLN_FLOAT64},     {60, 40, 8, 3, LLN_FLOAT32},
    {5, 60, 16, 1, LLN_FLOAT64},     {60, 6, 16, 1, LLN_FLOAT64},
    {600, 700, 32, 1, LLN_FLOAT32},  {2, 2, 4, 1, LLN_FLOAT64},
    {300, 300, 3, 1e3, LLN_FLOAT64}, {30, 20, 1, 1, LLN_FLOAT64},
    {30, 40, 4, 1e-8, LLN_FLOAT64},
};
enum { RUN_COUNT = sizeof RUNS / sizeof RUNS[0] };

/* The mask changes nothing, nor does the scale, except 0. */
START_TEST(ranks_dense)
{
    lln_head head =
        dense_head(RUNS[_i].n, RUNS[_i].m, RUNS[_i].d, RUNS[_i].sigma,
                   (lln_mask){0}, RUNS[_i].precision);
    lln_logit_ranks got, again;
    expect_ok(lln_logit_ranks_measure(&head, &got));
    expect_rank(got.plain, dense_rank(&head, 0), 1e-12);
    expect_rank(got.row, dense_rank(&head, 1), 1e-12);
    expect_rank(got.both, dense_rank(&head, 2), 1e-12);
    head.rule.mask = (lln_mask){.causal = true};
    head.rule.scale = -7;
    expect_ok(lln_logit_ranks_measure(&head, &again));
    ck_assert_mem_eq(&got, &again, sizeof got);
    head.rule.scale = 0;
    expect_ok(lln_logit_ranks_measure(&head, &again));
    ck_assert(isnan(again.plain.rank90) && isnan(again.row.stable_rank));
    lln_head_free(&head);
}
END_TEST

/* The example of the header; one centring leaves nothing of d = 1 and n = 1. */
START_TEST(ranks_closed)
{
    double q[] = {1, 0, 0, 2};
    lln_head head = plain_head(q, q, 2, 2, false);
    lln_logit_ranks got;
    expect_ok(lln_logit_ranks_measure(&head, &got));
    expect_rank(got.plain, (lln_logit_rank){17.0 / 16, 1}, 1e-15);
    expect_rank(got.row, (lln_logit_rank){1, 1}, 1e-15);
    expect_rank(got.both, (lln_logit_rank){1, 1}, 1e-15);
    head.q.rows = 1;
    expect_ok(lln_logit_ranks_measure(&head, &got));
    expect_rank(got.row, (lln_logit_rank){1, 1}, 1e-15);
    ck_assert(isnan(got.both.stable_rank) && isnan(got.both.rank90));
    head.k.rows = 1;
    expect_ok(lln_logit_ranks_measure(&head, &got));
    expect_rank(got.plain, (lln_logit_rank){1, 1}, 1e-15);
    ck_assert(isnan(got.row.stable_rank) && isnan(got.row.rank90));
}
END_TEST

/* Equal keys, whose mean is inexact, leave nothing; zero queries neither. A
 * large common part of the keys does not disturb what is left. */
START_TEST(ranks_constant)
{
    double q[60], k[60];
    lln_logit_ranks got, shifted;
    draw_numbers(1, 60, 1, q);
    for (size_t i = 0; i < 60; i++)
        k[i] = i % 2 ? 0.1 : 1e7 / 3;
    lln_head head = plain_head(q, k, 30, 2, false);
    expect_ok(lln_logit_ranks_measure(&head, &got));
    expect_rank(got.plain, (lln_logit_rank){1, 1}, 1e-12);
    ck_assert(isnan(got.row.rank90) && isnan(got.both.rank90));
    memset(q, 0, sizeof q);
    expect_ok(lln_logit_ranks_measure(&head, &got));
    ck_assert(isnan(got.plain.rank90) && isnan(got.row.stable_rank));
    draw_numbers(1, 60, 1, q);
    draw_numbers(2, 60, 1, k);
    expect_ok(lln_logit_ranks_measure(&head, &got));
    for (size_t i = 0; i < 60; i++)
        k[i] = round(k[i] * 1024) / 1024;
    expect_ok(lln_logit_ranks_measure(&head, &got));
    for (size_t i = 0; i < 60; i++)
        k[i] += 1048576; /* exact */
    expect_ok(lln_logit_ranks_measure(&head, &shifted));
    expect_rank(shifted.row, got.row, 1e-12);
    expect_rank(shifted.both, got.both, 1e-12);
}
END_TEST

/* Queries and keys in nearly orthogonal spaces: G_q^(1/2) G_k G_q^(1/2) by
 * squares would lose all digits. */
START_TEST(ranks_orthogonal)
{
    enum { M = 50, D = 4 };
    double q[M * D], k[M * D];
    draw_numbers(3, M * D, 1, q);
    draw_numbers(4, M * D, 1, k);
    for (size_t i = 0; i < M; i++)
        for (size_t l = 0; l < D; l++) {
            q[i * D + l] *= l < 2 ? 1 : 1e-6;
            k[i * D + l] *= l < 2 ? 1e-6 : 1;
        }
    lln_head head = plain_head(q, k, M, D, false);
    lln_logit_ranks got;
    expect_ok(lln_logit_ranks_measure(&head, &got));
    expect_rank(got.plain, dense_rank(&head, 0), 1e-9);
    expect_rank(got.both, dense_rank(&head, 2), 1e-9);
}
END_TEST

/* A cap and numbers that are added make other logits; a mask does not. */
START_TEST(ranks_rule)
{
    lln_head head = dense_head(20, 20, 4, 1, (lln_mask){0}, LLN_FLOAT64);
    const double distance[39] = {0};
    lln_logit_bias bias = {.by_distance = distance, .zero = 19};
    lln_logit_grid grid = {0};
    lln_logit_ranks got, expected;
    expect_ok(lln_logit_ranks_measure(&head, &expected));
    head.rule.bias = &bias;
    ck_assert(!lln_logits_are_products(&head));
    expect_ok(lln_logit_ranks_measure(&head, &got));
    ck_assert(isnan(got.row.rank90) && isnan(got.plain.stable_rank));
    bias = (lln_logit_bias){.mask = &grid, .hides = true};
    ck_assert(lln_logits_are_products(&head));
    expect_ok(lln_logit_ranks_measure(&head, &got));
    ck_assert_mem_eq(&got, &expected, sizeof got);
    head.rule.softcap = 30;
    ck_assert(!lln_logits_are_products(&head));
    expect_ok(lln_logit_ranks_measure(&head, &got));
    ck_assert(isnan(got.both.rank90));
    lln_head_free(&head);
}
END_TEST

/* Without queries and keys, as where P is read from a file. */
START_TEST(ranks_unknown)
{
    lln_head head = {.q = {LLN_FLOAT32, 9, 0, NULL},
                     .k = {LLN_FLOAT32, 9, 0, NULL},
                     .rule.scale = 1};
    lln_logit_ranks got;
    expect_ok(lln_logit_ranks_measure(&head, &got));
    ck_assert(isnan(got.row.rank90) && isnan(got.both.stable_rank));
    head = dense_head(600, 600, 4, 1, (lln_mask){0}, LLN_FLOAT64);
    lln_stop_requested = 1;
    expect_status(lln_logit_ranks_measure(&head, &got), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("logit_ranks");
    TCase *ranks = tcase_create("logit_ranks");
    tcase_add_loop_test(ranks, ranks_dense, 0, RUN_COUNT);
    tcase_add_test(ranks, ranks_closed);
    tcase_add_test(ranks, ranks_constant);
    tcase_add_test(ranks, ranks_orthogonal);
    tcase_add_test(ranks, ranks_rule);
    tcase_add_test(ranks, ranks_unknown);
    suite_add_tcase(suite, ranks);
    return run_suite(suite);
}
