/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/matrix.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/vector_math.h"

/* Entries summed at a time, and runs of such chunks that threads divide among
 * them. */
enum { CHUNK = 1024, RUNS = 64 };

LLN_CLONES static void widen(const float *from, size_t count, double *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

LLN_CLONES static void narrow(const double *from, size_t count, float *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (float)from[i];
}

void lln_matrix_convert(lln_matrix a, lln_precision precision, void *out)
{
    size_t count = a.rows * a.columns;
    if (precision == a.precision) {
        memcpy(out, a.data, count * lln_precision_size(precision));
    } else if (precision == LLN_FLOAT64) {
        widen(a.data, count, out);
    } else {
        narrow(a.data, count, out);
    }
}

void lln_matrix_store(lln_matrix a, lln_matrix_output out, size_t first)
{
    size_t bytes = out.columns * lln_precision_size(out.precision);
    lln_matrix_convert(a, out.precision, (char *)out.data + first * bytes);
}

/* Moments of entries first .. end - 1, chunk by chunk. */
static lln_moments run_moments(lln_matrix a, size_t first, size_t end)
{
    double x[CHUNK];
    lln_moments sum = {0};
    lln_matrix numbers = {a.precision, a.rows * a.columns, 1, a.data};
    for (size_t at = first; at < end; at += CHUNK) {
        size_t count = end - at < CHUNK ? end - at : CHUNK;
        lln_matrix_convert(lln_matrix_rows(numbers, at, count), LLN_FLOAT64, x);
        lln_moments_add(&sum, x, count);
    }
    return sum;
}

lln_moments lln_matrix_summarise(lln_matrix a)
{
    lln_moments sum = {0}, runs[RUNS];
    size_t count = a.rows * a.columns, chunks = (count + CHUNK - 1) / CHUNK;
#pragma omp parallel for schedule(static) if (chunks >= RUNS)
    for (size_t r = 0; r < RUNS; r++) {
        size_t end = chunks * (r + 1) / RUNS * CHUNK;
        runs[r] = run_moments(a, chunks * r / RUNS * CHUNK,
                              end < count ? end : count);
    }
    /* Merged in order, so that the result does not depend on the threads. */
    for (size_t r = 0; r < RUNS; r++)
        lln_moments_merge(&sum, &runs[r]);
    lln_moments_settle(&sum,
                       lln_precision_rounding(LLN_FLOAT64, fabs(sum.mean)));
    return sum;
}

/* 0 if all are finite, else NaN: 0 times infinity is NaN, too. */
LLN_CLONES static float product_f32(const float *x, size_t count)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += 0 * x[i];
    return sum;
}

LLN_CLONES static double product_f64(const double *x, size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += 0 * x[i];
    return sum;
}

size_t lln_matrix_find_nonfinite(lln_matrix a)
{
    const float *f32 = a.data;
    const double *f64 = a.data;
    size_t count = a.rows * a.columns, i = 0;
    bool single = a.precision == LLN_FLOAT32;
    if ((single ? (double)product_f32(f32, count) : product_f64(f64, count)) ==
        0)
        return count;
    while (i < count && isfinite(single ? (double)f32[i] : f64[i]))
        i++;
    return i;
}

void lln_matrix_moments(lln_matrix a, double *mean, double *deviation)
{
    lln_moments all = lln_matrix_summarise(a);
    *mean = all.count > 0 ? all.mean : NAN;
    *deviation = all.count > 1 ? sqrt(all.m2 / (all.count - 1)) : NAN;
}

LLN_CLONES static double squares_f32(const float *x, size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

LLN_CLONES static double squares_f64(const double *x, size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += x[i] * x[i];
    return sum;
}

double lln_matrix_squares(lln_matrix a)
{
    size_t count = a.rows * a.columns;
    return a.precision == LLN_FLOAT32 ? squares_f32(a.data, count)
                                      : squares_f64(a.data, count);
}

bool lln_matrix_underflows(lln_matrix a)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < a.columns; j++) {
            least = fmin(least, lln_matrix_get(a, i, j));
            most = fmax(most, lln_matrix_get(a, i, j));
        }
    double range = most - least;
    return range > 0 && range * range < DBL_MIN;
}
