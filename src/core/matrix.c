/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/matrix.h"

#include <math.h>
#include <string.h>

/* Entries summed at a time, and runs of such chunks shared out to threads. */
enum { CHUNK = 1024, RUNS = 64 };

void lln_matrix_convert(lln_matrix a, lln_precision precision, void *out)
{
    size_t count = a.rows * a.columns;
    if (precision == a.precision) {
        memcpy(out, a.data, count * lln_precision_size(precision));
    } else if (precision == LLN_FLOAT64) {
        const float *from = a.data;
        double *to = out;
        for (size_t i = 0; i < count; i++)
            to[i] = from[i];
    } else {
        const double *from = a.data;
        float *to = out;
        for (size_t i = 0; i < count; i++)
            to[i] = (float)from[i];
    }
}

/* Of some numbers: count, mean and sum of squared deviations from it. */
typedef struct {
    size_t count;
    double mean, squares;
} moments;

/* Chan, Golub and LeVeque (1979), eq. 2.1. */
static moments merge(moments a, moments b)
{
    if (a.count == 0 || b.count == 0)
        return a.count == 0 ? b : a;
    double count = (double)(a.count + b.count), delta = b.mean - a.mean;
    double share = (double)b.count / count;
    moments both = {.count = a.count + b.count,
                    .mean = a.mean + delta * share,
                    .squares = a.squares + b.squares +
                               delta * delta * (double)a.count * share};
    return both;
}

static moments chunk_moments(const double *x, size_t count)
{
    double sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += x[i];
    double mean = sum / (double)count;
#pragma omp simd reduction(+ : squares)
    for (size_t i = 0; i < count; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return (moments){count, mean, squares};
}

/* Of numbers first .. end - 1 of the data, chunk by chunk. */
static moments run_moments(lln_matrix a, size_t first, size_t end)
{
    double x[CHUNK];
    moments sum = {0};
    lln_matrix numbers = {a.precision, a.rows * a.columns, 1, a.data};
    for (size_t at = first; at < end; at += CHUNK) {
        size_t count = end - at < CHUNK ? end - at : CHUNK;
        lln_matrix_convert(lln_matrix_rows(numbers, at, count), LLN_FLOAT64, x);
        sum = merge(sum, chunk_moments(x, count));
    }
    return sum;
}

void lln_matrix_moments(lln_matrix a, double *mean, double *deviation)
{
    moments sum = {0}, runs[RUNS];
    size_t count = a.rows * a.columns, chunks = (count + CHUNK - 1) / CHUNK;
#pragma omp parallel for schedule(static) if (chunks >= RUNS)
    for (size_t r = 0; r < RUNS; r++) {
        size_t end = chunks * (r + 1) / RUNS * CHUNK;
        runs[r] = run_moments(a, chunks * r / RUNS * CHUNK,
                              end < count ? end : count);
    }
    /* In order, so that the result does not depend on the threads. */
    for (size_t r = 0; r < RUNS; r++)
        sum = merge(sum, runs[r]);
    *mean = count > 0 ? sum.mean : NAN;
    *deviation = count > 1 ? sqrt(sum.squares / (double)(count - 1)) : NAN;
}
