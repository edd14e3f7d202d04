/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads for tests of the bootstrap: Gaussian, or with keys that have heavy
 * tails. */
#ifndef LLN_TESTS_BOOTSTRAP_HEADS_H
#define LLN_TESTS_BOOTSTRAP_HEADS_H

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "expect.h"
#include "heads/gaussian.h"
#include "kernel/table/table.h"
#include "measure/bootstrap.h"

/* A head with n queries, m keys and d features of standard deviation sigma, by
 * the seed; release by lln_head_free. */
static inline lln_head bootstrap_head(size_t n, size_t m, size_t d,
                                      double sigma, uint64_t seed)
{
    double *values = lln_array_alloc((n + m) * d, sizeof *values);
    lln_gaussian_matrix q = {n, d, sigma, LLN_FLOAT64, seed, 0}, k = q;
    lln_head head = {.source = "test", .layer = -1, .head = -1};
    k.rows = m;
    k.first_stream = (uint32_t)lln_gaussian_streams(n);
    expect_ok(lln_gaussian_draw(&q, values));
    expect_ok(lln_gaussian_draw(&k, values + n * d));
    head.q = (lln_matrix){LLN_FLOAT64, n, d, values};
    head.k = (lln_matrix){LLN_FLOAT64, m, d, values + n * d};
    head.rule.scale = 1 / sqrt((double)d);
    head.storage = values;
    return head;
}

/* Multiplies a matrix so that the standard deviation of its entries (divisor:
 * number - 1) is sigma. */
static inline void bootstrap_scale(lln_matrix a, double sigma)
{
    double mean, deviation, *x = (double *)(uintptr_t)a.data;
    lln_matrix_moments(a, &mean, &deviation);
    for (size_t i = 0; i < a.rows * a.columns; i++)
        x[i] *= sigma / deviation;
}

/* Replaces the keys by values of Student's distribution with 5 degrees of
 * freedom, divided by its standard deviation sqrt(5 / 3). */
static inline void bootstrap_t5_keys(lln_head *head, uint32_t seed)
{
    double *x = (double *)(uintptr_t)head->k.data;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, seed);
    for (size_t i = 0; i < head->k.rows * head->k.columns; i++)
        x[i] = gsl_ran_tdist(rng, 5) / sqrt(5. / 3);
    gsl_rng_free(rng);
}

/* The bootstrap of softmax with B draws that stops at `enough`. */
static inline lln_bootstrap bootstrap_softmax(const lln_head *head, size_t B,
                                              size_t enough, uint64_t seed)
{
    lln_kernel_choice choice;
    const lln_bootstrap_plan plan = {B, enough, seed, NULL, NULL};
    lln_bootstrap out;
    expect_ok(lln_kernel_parse("softmax", &choice));
    expect_ok(lln_bootstrap_measure(&choice, head, NULL, 0, &plan, &out));
    return out;
}

#endif
