/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of weights for the tests of coverage: 10,000 random ones of many kinds,
 * and the slow way to measure them, from the sorted row. */
#ifndef LLN_TESTS_COVERAGE_ROWS_H
#define LLN_TESTS_COVERAGE_ROWS_H

#include <math.h>
#include <stdlib.h>

#include "core/random.h"
#include "measure/coverage_row.h"

/* Random rows have up to 700 weights. */
enum { COVERAGE_ROWS = 10000, COVERAGE_DRAWN = 700, COVERAGE_LONGEST = 1400 };

/* A row in both precisions; the float64 weights are those of float32 if
 * `single`. Hidden keys have weight 0. */
typedef struct {
    size_t count, keys;
    bool single;
    double weights[COVERAGE_LONGEST];
    float floats[COVERAGE_LONGEST];
    double sorted[COVERAGE_LONGEST]; /* keys first, descending */
    double total;
} coverage_row;

static inline const void *coverage_weights(const coverage_row *row)
{
    return row->single ? (const void *)row->floats : (const void *)row->weights;
}

static inline lln_precision coverage_precision(const coverage_row *row)
{
    return row->single ? LLN_FLOAT32 : LLN_FLOAT64;
}

static inline int coverage_descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Sets what follows from count, keys, single and weights. */
static inline void coverage_finish(coverage_row *row)
{
    long double total = 0;
    for (size_t j = 0; j < row->count; j++) {
        row->floats[j] = (float)row->weights[j];
        if (row->single)
            row->weights[j] = (double)row->floats[j];
        row->sorted[j] = row->weights[j];
        total += row->weights[j];
    }
    row->total = (double)total;
    qsort(row->sorted, row->count, sizeof *row->sorted, coverage_descending);
}

/* Uniform in [0, 1). */
static inline double coverage_uniform(uint32_t stream, uint64_t *place)
{
    return ldexp((double)(lln_random_number(stream, (*place)++) >> 11), -53);
}

/* Log-normal weights, of s = 0 to 12, which may be rounded so that many are
 * equal, with hidden keys and weights of 0; of any scale. */
static inline coverage_row coverage_draw(uint32_t number)
{
    coverage_row row = {0};
    uint64_t place = 0;
    double length = coverage_uniform(number, &place);
    double sigma = coverage_uniform(number, &place);
    double ties = coverage_uniform(number, &place);
    double scale = number % 3 ? 1 : coverage_uniform(number, &place) * 1e3;
    row.count = 1 + (size_t)(length * length * (COVERAGE_DRAWN - 1));
    row.single = number % 2;
    sigma = sigma < 0.1 ? 0 : 12 * sigma * sigma;
    for (size_t j = 0; j < row.count; j++) {
        double u = 1 - coverage_uniform(number, &place);
        double v = coverage_uniform(number, &place);
        double z = sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
        bool hidden = number % 5 == 0 && j > 0 && v < 0.3;
        z = ties < 0.3 ? round(2 * z) / 2 : z;
        row.weights[j] = hidden || (number % 7 == 0 && j > 0 && u < 0.2)
                             ? 0
                             : scale * exp(sigma * z);
        row.keys += !hidden;
    }
    coverage_finish(&row);
    return row;
}

/* The sum of the k largest weights. */
static inline double coverage_largest(const coverage_row *row, size_t k)
{
    long double sum = 0;
    for (size_t j = 0; j < k && j < row->count; j++)
        sum += row->sorted[j];
    return (double)sum;
}

/* K_p and Gini by definition. */
static inline double coverage_keys(const coverage_row *row, double p)
{
    long double sum = 0;
    double need =
        (p - lln_coverage_slack(coverage_precision(row))) * row->total;
    for (size_t k = 0; k < row->keys; k++) {
        sum += row->sorted[k];
        if (sum >= need)
            return (double)(k + 1);
    }
    return NAN;
}

static inline double coverage_gini(const coverage_row *row)
{
    double m = (double)row->keys, sum = 0;
    for (size_t r = 1; r <= row->keys; r++)
        sum += (2 * (double)r - m - 1) * row->sorted[row->keys - r];
    return sum / (m * row->total);
}

#endif
