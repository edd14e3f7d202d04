/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A histogram with fine bins, for the distribution of values that are too many
 * to be sorted. lln_bins_collect turns it into a lln_sample (sample.h). */
#ifndef LLN_MEASURE_BINS_H
#define LLN_MEASURE_BINS_H

#include "core/matrix.h"
#include "measure/sample.h"

typedef struct lln_bins lln_bins;

/* Bins around `center`, for a positive and finite standard deviation. Up to 8
 * standard deviations on both sides there are 2^15 bins, 4.9e-4 standard
 * deviations wide; beyond, 2^10 for each doubling of the distance. So a bin
 * gives a value to within half its width or 5e-4 of its distance from the
 * center. Values beyond 2^25 standard deviations go to the last bins; none of
 * 2^50 values can be there if center and standard deviation are their own.
 * Memory: 0.9 MiB for each of `threads`. Release with lln_bins_close.
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_bins_open(double center, double deviation,
                                       size_t threads, lln_bins **bins);

/* Counts x - offset for all entries x of a. Threads may call at once, each with
 * its own number `thread` < threads. The result does not depend on which thread
 * counted what. */
void lln_bins_add(lln_bins *bins, size_t thread, lln_matrix a, double offset);

/* Writes the bins that are not empty to *sample. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_bins_collect(const lln_bins *bins,
                                          lln_sample *sample);

/* NULL is legal. */
void lln_bins_close(lln_bins *bins);

#endif
