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
} lln_sample;

void lln_sample_free(lln_sample *sample);

/* Distances of a sample from the normal distribution with a given mean and
 * standard deviation, estimated from the sample or not. */
typedef struct {
    double ks;          /* sup |F_n(x) - Phi((x - mean) / deviation)| */
    double wasserstein; /* mean |z_(i) - q_i|, in standard deviations */
    double qq;          /* correlation of z_(i) with q_i */
} lln_normal_fit;

/* z = (x - mean)/deviation; q_i = Phi^-1((i - 1/2)/n), i = 1 .. n. A value
 * with count c > 1 stands for c neighbours: its q are integrated over their
 * positions. KS uses deviation times sqrt(n/(n-1)), the unbiased estimate.
 * deviation = 0 or fewer than two values: all NaN, LLN_EUNDEFINED. */
LLN_NODISCARD lln_status lln_sample_normal_fit(const lln_sample *sample,
                                               double mean, double deviation,
                                               lln_normal_fit *fit);

/* Share of the sample in low <= x < high. */
double lln_sample_share(const lln_sample *sample, double low, double high);

/* Smallest value whose cumulative share reaches p, 0 < p < 1. */
double lln_sample_quantile(const lln_sample *sample, double p);

#endif
