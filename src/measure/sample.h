/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A one-dimensional sample, sorted, with counts: single values, or the bins
 * of a fine histogram; and its distance from a normal distribution. */
#ifndef LLN_MEASURE_SAMPLE_H
#define LLN_MEASURE_SAMPLE_H

#include <stddef.h>

#include "core/status.h"

/* values ascending, each with its count > 0; `total` is their sum. */
typedef struct {
    double *values, *counts; /* [size], owned */
    size_t size;
    double total;
    double width; /* of bins, whose middles are the values; 0: single values */
} lln_sample;

void lln_sample_free(lln_sample *sample);

/* Distances of a sample from the normal distribution with a given mean and
 * standard deviation, estimated from the sample or not. */
typedef struct {
    double ks;          /* sup |F_n(x) - Phi((x - mean) / deviation)| */
    double wasserstein; /* mean |z_(i) - q_i|, in standard deviations */
    double qq; /* sum z_(i) q_i / sqrt(sum z_(i)^2 sum q_i^2); the correlation
                  of z_(i) with q_i if `mean` is that of the sample */
} lln_normal_fit;

/* z = (x - mean)/deviation; q_i = Phi^-1((i - 1/2)/n), i = 1 .. n. A value
 * with count c > 1 stands for c neighbours: its q are integrated over their
 * positions. KS uses deviation times sqrt(n/(n-1)), the unbiased estimate.
 * deviation = 0 or fewer than two values: all NaN, LLN_EUNDEFINED. */
LLN_NODISCARD lln_status lln_sample_normal_fit(const lln_sample *sample,
                                               double mean, double deviation,
                                               lln_normal_fit *fit);

/* Densities over `bins` equal bins of z = (x - mean)/deviation from -range to
 * range: density [bins] of the sample, normal [bins] of the standard normal
 * averaged over the bin. What lies outside is in no bin.
 * LLN_EUNDEFINED: deviation = 0. */
LLN_NODISCARD lln_status lln_sample_histogram(const lln_sample *sample,
                                              double mean, double deviation,
                                              double range, size_t bins,
                                              double *density, double *normal);

/* Quantiles at p_i = (i + 1/2)/count, i = 0 .. count - 1: of z = (x -
 * mean)/deviation, the smallest whose cumulative share reaches p_i, in
 * sample_q [count], and of the standard normal in normal_q [count].
 * LLN_EUNDEFINED: deviation = 0. */
LLN_NODISCARD lln_status lln_sample_quantiles(const lln_sample *sample,
                                              double mean, double deviation,
                                              size_t count, double *sample_q,
                                              double *normal_q);

#endif
