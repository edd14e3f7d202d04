/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A one-dimensional sample, sorted, with counts: single values, or the bins
 * of a fine histogram; and its distance from a normal distribution. */
#ifndef LLN_MEASURE_SAMPLE_H
#define LLN_MEASURE_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* values ascending, each with its count > 0; `total` is their sum. Single
 * values have half = NULL and counts of 1. Bins have their middles as values:
 * each holds what lies within half[i] of its middle, and they do not
 * overlap. */
typedef struct {
    double *values, *counts; /* [size], owned */
    size_t size;
    double total;
    double *half; /* [size], owned, or NULL */
} lln_sample;

/* Room for `size` single values with counts of 1, or bins, whose counts and
 * total are 0. Release with lln_sample_free. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_sample_alloc(size_t size, bool bins,
                                          lln_sample *sample);

void lln_sample_free(lln_sample *sample);

/* Distances of a sample from the normal distribution with a given mean and
 * standard deviation, estimated from the sample or not. */
typedef struct {
    double ks;          /* sup |F_n(x) - Phi((x - mean) / deviation)| */
    double wasserstein; /* mean |z_(i) - q_i|, in standard deviations */
    double qq;          /* correlation of z_(i) with q_i */
} lln_normal_fit;

/* z = (x - mean)/deviation; q_i = Phi^-1((i - 1/2)/n), i = 1 .. n. KS uses
 * deviation times sqrt(n/(n-1)), the unbiased estimate.
 * Bins of half-width h (in z): the distribution function is exact at their
 * edges, KS is taken there, and taken as linear between them, wasserstein is
 * the integral of |F_n - Phi|; q are integrated over the positions of a bin.
 * Whatever the values within bins, ks is too small by at most h / 1.25,
 * wasserstein wrong by at most the mean of h over the values.
 * deviation = 0 or fewer than two values: all NaN, LLN_EUNDEFINED. */
LLN_NODISCARD lln_status lln_sample_normal_fit(const lln_sample *sample,
                                               double mean, double deviation,
                                               lln_normal_fit *fit);

/* Densities over `bins` equal bins of z = (x - mean)/deviation from -range to
 * range: density [bins] of the sample, normal [bins] of the standard normal
 * averaged over the bin. What lies outside is in no bin. A bin of the sample
 * that lies in several is shared out by width.
 * LLN_EUNDEFINED: deviation = 0. */
LLN_NODISCARD lln_status lln_sample_histogram(const lln_sample *sample,
                                              double mean, double deviation,
                                              double range, size_t bins,
                                              double *density, double *normal);

/* Quantiles at p_i = (i + 1/2)/count, i = 0 .. count - 1: of z = (x -
 * mean)/deviation, the smallest whose cumulative share reaches p_i, in
 * sample_q [count], and of the standard normal in normal_q [count]. Of bins,
 * the middle of the one where that value lies.
 * LLN_EUNDEFINED: deviation = 0. */
LLN_NODISCARD lln_status lln_sample_quantiles(const lln_sample *sample,
                                              double mean, double deviation,
                                              size_t count, double *sample_q,
                                              double *normal_q);

#endif
