/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A one-dimensional sample, sorted, with counts, and its distance from a normal
 * distribution. Elements are single values or bins of a fine histogram.
 * Example: two values 1.2 and 1.7 in one bin: values 1.5, counts 2, half
 * 0.5. */
#ifndef LLN_MEASURE_SAMPLE_H
#define LLN_MEASURE_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* values are ascending, each with its count > 0; `total` is the sum of counts.
 * Single values have half = NULL and counts of 1. Values of bins are their
 * middles: bin i contains what is within half[i] of values[i], and bins do not
 * overlap. */
typedef struct {
    double *values, *counts; /* [size], owned */
    size_t size;
    double total;
    double *half; /* [size], owned, or NULL */
} lln_sample;

/* Allocates `size` single values with counts of 1, or `size` bins whose counts
 * and total are 0. Release with lln_sample_free. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_sample_alloc(size_t size, bool bins,
                                          lln_sample *sample);

/* Releases the lists; a zeroed sample is legal. */
void lln_sample_free(lln_sample *sample);

/* Distances of a sample from the normal distribution with a given mean and
 * standard deviation, which may be estimated from the sample. */
typedef struct {
    double ks; /* sup |F_n(x) - Phi((x - mean) / standard deviation)| */
    double wasserstein; /* mean |z_(i) - q_i|, in standard deviations */
    double qq;          /* correlation of z_(i) with q_i */
} lln_normal_fit;

/* Notation, with sigma the given standard deviation: z = (x - mean)/sigma; q_i
 * = Phi^-1((i - 1/2)/n), i = 1 .. n. KS uses sigma sqrt(n/(n-1)), the unbiased
 * estimate. For bins of half-width h (in z), the distribution function is exact
 * at their edges, and KS is taken there. wasserstein is the integral of |F_n -
 * Phi| with F_n linear between edges; q are integrated over the positions of a
 * bin. Whatever the values within bins, ks is too small by at most h / 1.25,
 * and wasserstein wrong by at most the mean of h over the values.
 * LLN_EUNDEFINED, all NaN: sigma = 0 or fewer than two values. */
LLN_NODISCARD lln_status lln_sample_normal_fit(const lln_sample *sample,
                                               double mean, double deviation,
                                               lln_normal_fit *fit);

/* Densities over `bins` equal bins of z = (x - mean)/sigma from -range to
 * range, with sigma the standard deviation: density [bins] of the sample,
 * normal [bins] of the standard normal averaged over the bin. Values outside
 * are in no bin. A bin of the sample that overlaps several bins is divided
 * among them by width.
 * LLN_EUNDEFINED: sigma = 0. */
LLN_NODISCARD lln_status lln_sample_histogram(const lln_sample *sample,
                                              double mean, double deviation,
                                              double range, size_t bins,
                                              double *density, double *normal);

/* Quantiles at p_i = (i + 1/2)/count, i = 0 .. count - 1. sample_q [count]: of
 * z = (x - mean)/sigma, the smallest value whose cumulative fraction reaches
 * p_i, or the middle of its bin. normal_q [count]: of the standard normal.
 * LLN_EUNDEFINED: sigma = 0. */
LLN_NODISCARD lln_status lln_sample_quantiles(const lln_sample *sample,
                                              double mean, double deviation,
                                              size_t count, double *sample_q,
                                              double *normal_q);

#endif
