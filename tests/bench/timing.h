/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the benchmarks share: a clock, medians and heads to work on. */
#ifndef LLN_TESTS_BENCH_TIMING_H
#define LLN_TESTS_BENCH_TIMING_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "heads/gaussian.h"

/* Of the library; commands run REPEATS times. */
enum { REPEATS = 5, MOST_REPEATS = 25, DIM = 64 };

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Whether a median wants another run after those: short ones are repeated for
 * half a second, which outlasts most disturbances, and one that takes over five
 * seconds is enough. */
static inline bool again(const double *seconds, size_t runs)
{
    double total = 0;
    for (size_t i = 0; i < runs; i++)
        total += seconds[i];
    return seconds[runs - 1] <= 5 &&
           (runs < REPEATS || (total < 0.5 && runs < MOST_REPEATS));
}

static inline int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double median(double *x, size_t count)
{
    qsort(x, count, sizeof *x, ascending);
    return count % 2 ? x[count / 2] : (x[count / 2 - 1] + x[count / 2]) / 2;
}

static inline void must(lln_status status)
{
    if (status != LLN_OK) {
        fprintf(stderr, "bench: %s\n", lln_error_message());
        exit(1);
    }
}

/* A sampled head of temperature tau, one for each trial; release by
 * lln_head_free. */
static inline lln_head draw_as(size_t n, size_t d, double tau, size_t trial,
                               bool values)
{
    lln_gaussian model = {.n = n,
                          .d = d,
                          .sigma_q = 1 / sqrt(tau),
                          .sigma_k = 1 / sqrt(tau),
                          .seed = 1,
                          .trials = trial + 1,
                          .rule.scale = NAN,
                          .values = values};
    lln_heads heads = {0};
    lln_head head = {0};
    must(lln_gaussian_open(&model, &heads));
    must(heads.load(&heads, trial, NAN, LLN_FLOAT32, &head));
    lln_heads_close(&heads);
    return head;
}

/* The same of DIM features, at temperature 1. */
static inline lln_head draw(size_t n, size_t trial, bool values)
{
    return draw_as(n, DIM, 1, trial, values);
}

#endif
