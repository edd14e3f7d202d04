/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Histograms of the weights of one row, with bins of equal relative width: how
 * many keys, and how much weight, lie in each. They bracket how many keys hold
 * a fraction of the row, and lead to the bin that decides it (coverage_row.h).
 * Example: the weights (1, 1, 0.5, 0.25) lie in bins 0, 8 and 16. Half of 2.75
 * is reached in bin 0, so 2 keys hold it. */
#ifndef LLN_MEASURE_COVERAGE_BINS_H
#define LLN_MEASURE_COVERAGE_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/matrix.h"

/* Bin t has the weights whose exponent and three leading bits of the mantissa,
 * as one binary number, are t below those of the largest weight: 8 bins an
 * octave, of width 1/8 to 1/15 of their lower edge. The last of them has all
 * smaller weights too, also 0: 256 bins reach 2^-32 of the largest weight,
 * where all of a million keys together have less than 3e-4 of its weight. */
enum { LLN_COVERAGE_BINS = 256 };

typedef struct {
    lln_precision precision; /* of the weights */
    int64_t top;             /* the binary number of bin 0 */
    size_t last;             /* the last bin, at most LLN_COVERAGE_BINS - 1 */
    double count[LLN_COVERAGE_BINS];
    double mass[LLN_COVERAGE_BINS]; /* sums of weights; that of the last bin is
                                       not known */
} lln_coverage_bins;

/* Counters of one thread, zeroed before the first use. */
typedef struct {
    union {
        uint64_t packed[4][LLN_COVERAGE_BINS]; /* float32: number of weights and
                                                  sum of mantissas */
        double mass[4][LLN_COVERAGE_BINS];     /* float64 */
    };
    uint32_t count[4][LLN_COVERAGE_BINS]; /* float64 */
} lln_coverage_counters;

/* Empties the bins, for weights up to `largest` > 0. The last bin is the first
 * one whose upper edge is at most `least`, or bin LLN_COVERAGE_BINS - 1. */
void lln_coverage_bins_start(lln_precision precision, double largest,
                             double least, lln_coverage_bins *bins);

/* Adds weights [count], none of them negative or NaN, in the precision of the
 * bins. index [count] receives the bin of each. Sums of float32 weights are
 * exact before they are rounded to double, so their order does not matter. */
void lln_coverage_bins_add(lln_coverage_bins *bins, const void *weights,
                           size_t count, uint8_t *index,
                           lln_coverage_counters *counters);

/* The upper edge of a bin: all its weights are below it. */
double lln_coverage_edge(const lln_coverage_bins *bins, size_t bin);

/* What is asked of a row: its largest weights whose sum reaches `need` or, if
 * not by_mass, whose number does. */
typedef struct {
    bool by_mass;
    double need;
} lln_coverage_target;

/* A number of weights and their sum. */
typedef struct {
    double count, mass;
} lln_coverage_amount;

static inline bool lln_coverage_reached(const lln_coverage_target *target,
                                        lln_coverage_amount amount)
{
    return (target->by_mass ? amount.mass : amount.count) >= target->need;
}

/* The bin in which the target is reached, the last one at the latest; *above:
 * the amount in the bins before it. */
size_t lln_coverage_bins_find(const lln_coverage_bins *bins,
                              const lln_coverage_target *target,
                              lln_coverage_amount *above);

/* Bounds of a value that the bins do not determine. */
typedef struct {
    double low, high;
} lln_coverage_bracket;

/* With `need` the part of the target that bin t must provide, n_t keys with
 * mass M_t and upper edge u_t in it, and C keys with mass M above it: the
 * number of the largest weights whose sum reaches target->need is between C +
 * ceil(need / u_t)  and  C + min(n_t, ceil(n_t need / M_t)), since no weight
 * exceeds u_t and the r largest of a bin have at least r times its mean. */
lln_coverage_bracket lln_coverage_bins_keys(const lln_coverage_bins *bins,
                                            double need);

/* The sum of the k largest weights, k at most their number, is between
 *     M + r M_t / n_t  and  min(M + r u_t, M + M_t),  r = k - C;
 * `total` is the sum of all weights. */
lln_coverage_bracket lln_coverage_bins_sum(const lln_coverage_bins *bins,
                                           double k, double total);

/* The Gini coefficient of the row: `keys` is the number of all weights. It is
 * at least that of bins whose weights are all equal to their mean, and exceeds
 * it by at most 1/32 sum_t (n_t / keys) (M_t / total), since the coefficient
 * within a bin is at most (sqrt u - sqrt l) / (sqrt u + sqrt l) < 1/32; by
 * (n_t / keys) (M_t / total) in the last bin. */
lln_coverage_bracket lln_coverage_bins_gini(const lln_coverage_bins *bins,
                                            double keys, double total);

#endif
