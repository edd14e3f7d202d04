/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/sorting.h"

/* The number of sorted values [count] below x or, with `equal`, up to x. */
static size_t count_below(const double *sorted, size_t count, double x,
                          bool equal)
{
    size_t low = 0;
    while (count > 0) {
        size_t half = count / 2;
        bool below =
            sorted[low + half] < x || (equal && sorted[low + half] == x);
        low = below ? low + half + 1 : low;
        count = below ? count - half - 1 : half;
    }
    return low;
}

lln_status lln_correlation_ranks(const double *x, size_t count, double *out)
{
    double *sorted = lln_array_alloc_raw(count, sizeof *sorted);
    if (!sorted)
        return LLN_ENOMEM;
    memcpy(sorted, x, count * sizeof *sorted);
    lln_status status = lln_sort_reals(sorted, count);
    for (size_t i = 0; status == LLN_OK && i < count; i++) {
        size_t first = count_below(sorted, count, x[i], false);
        size_t end = first + 1;
        if (end < count && sorted[end] == x[i])
            end = count_below(sorted, count, x[i], true);
        out[i] = (double)(first + 1 + end) / 2; /* ranks first + 1 to end */
    }
    free(sorted);
    return status;
}

/* Whether the values are finite and differ by more than their rounding. */
static bool varies(const double *x, size_t count, double rounding)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i]))
            return false;
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    return count > 1 && most - least > rounding;
}

/* The mean, and the root of the mean square about it relative to `unit`, which
 * keeps squares within the range. */
typedef struct {
    double mean, unit, deviation;
} spread;

static spread find_spread(const double *x, size_t count)
{
    spread s = {0, 0, 0};
    for (size_t i = 0; i < count; i++)
        s.mean += x[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        s.unit = fabs(x[i] - s.mean) > s.unit ? fabs(x[i] - s.mean) : s.unit;
    for (size_t i = 0; i < count; i++) {
        double z = (x[i] - s.mean) / s.unit;
        s.deviation += z * z;
    }
    s.deviation = sqrt(s.deviation / (double)count);
    return s;
}

static double standardised(const spread *s, double x)
{
    return (x - s->mean) / s->unit / s->deviation;
}

/* Pearson's correlation of values that vary, and the variance of its influence
 * function. */
static double pearson(const double *x, const double *y, size_t count,
                      double *variance)
{
    spread of_x = find_spread(x, count), of_y = find_spread(y, count);
    double r = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        r += standardised(&of_x, x[i]) * standardised(&of_y, y[i]);
    r = fmax(-1, fmin(r / (double)count, 1));
    for (size_t i = 0; i < count; i++) {
        double u = standardised(&of_x, x[i]), v = standardised(&of_y, y[i]);
        double influence = u * v - r * (u * u + v * v) / 2;
        squares += influence * influence;
    }
    *variance = squares / (double)(count - 1);
    return r;
}

static void set_errors(double variance, size_t count, size_t n,
                       lln_correlation *out)
{
    double k = (double)count, drawn = 1 - k / (double)n, r = out->spearman;
    out->pearson_error = out->spearman_error = 0;
    if (count == n)
        return;
    out->pearson_error = sqrt(drawn * variance / k);
    out->spearman_error =
        count > 3 ? (1 - r * r) * sqrt(drawn * (1 + r * r / 2) / (k - 3)) : NAN;
}

lln_status lln_correlation_measure(const double *x, double x_rounding,
                                   const double *y, double y_rounding,
                                   size_t count, size_t n, lln_correlation *out)
{
    double variance, unused;
    *out = (lln_correlation){NAN, NAN, NAN, NAN};
    if (!varies(x, count, x_rounding) || !varies(y, count, y_rounding))
        return LLN_OK;
    double *ranks = lln_array_alloc(2 * count, sizeof *ranks);
    if (!ranks)
        return LLN_ENOMEM;
    lln_status status = lln_correlation_ranks(x, count, ranks);
    if (status == LLN_OK)
        status = lln_correlation_ranks(y, count, ranks + count);
    if (status == LLN_OK) {
        out->pearson = pearson(x, y, count, &variance);
        out->spearman = pearson(ranks, ranks + count, count, &unused);
        set_errors(variance, count, n, out);
    }
    free(ranks);
    return status;
}
