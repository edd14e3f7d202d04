/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"

typedef struct {
    double value;
    size_t index;
} ranked;

/* Merges two sorted parts of `from`, which begin at first and middle. */
static void merge(const ranked *from, size_t first, size_t middle, size_t end,
                  ranked *to)
{
    size_t a = first, b = middle;
    for (size_t k = first; k < end; k++)
        to[k] = b == end || (a < middle && from[a].value <= from[b].value)
                    ? from[a++]
                    : from[b++];
}

/* Sorts order [count] by value, with spare [count]; returns which of the two
 * has the result. Half the time of qsort, which calls a comparison. */
static ranked *sort(ranked *order, ranked *spare, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t i = 0; i < count; i += 2 * width)
            merge(order, i, lln_size_smaller(i + width, count),
                  lln_size_smaller(i + 2 * width, count), spare);
        ranked *sorted = spare;
        spare = order;
        order = sorted;
    }
    return order;
}

lln_status lln_ranks(const double *x, size_t count, double *out)
{
    ranked *both = lln_array_alloc(2 * count, sizeof *both);
    if (!both)
        return LLN_ENOMEM;
    for (size_t i = 0; i < count; i++)
        both[i] = (ranked){x[i], i};
    const ranked *order = sort(both, both + count, count);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && order[end].value == order[i].value;)
            end++;
        for (size_t j = i; j < end; j++) /* ranks i + 1 to end */
            out[order[j].index] = (double)(i + 1 + end) / 2;
    }
    free(both);
    return LLN_OK;
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
    lln_status status = lln_ranks(x, count, ranks);
    if (status == LLN_OK)
        status = lln_ranks(y, count, ranks + count);
    if (status == LLN_OK) {
        out->pearson = pearson(x, y, count, &variance);
        out->spearman = pearson(ranks, ranks + count, count, &unused);
        set_errors(variance, count, n, out);
    }
    free(ranks);
    return status;
}
