/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counts of any number of values in bins: the distribution of values that are
 * too many to be sorted. */
#ifndef LLN_MEASURE_BINS_H
#define LLN_MEASURE_BINS_H

#include "core/matrix.h"
#include "measure/sample.h"

typedef struct lln_bins lln_bins;

/* Bins around `center`, for a deviation that is positive and finite: 2^15 of
 * width 4.9e-4 deviations up to 8 deviations to both sides, then 2^10 for each
 * doubling of the distance, so that a value is known to within half a bin or
 * 5e-4 of its distance from the center. Beyond 2^25 deviations, where none of
 * 2^50 values can lie if center and deviation are theirs, values go to the last
 * bins. Memory: 0.9 MiB for each of `threads`. Release with lln_bins_close.
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_bins_open(double center, double deviation,
                                       size_t threads, lln_bins **bins);

/* Counts x - offset for all entries x of a. Threads may count at once, each
 * with its own number < threads; the result does not depend on which counted
 * what. */
void lln_bins_add(lln_bins *bins, size_t thread, lln_matrix a, double offset);

/* The bins that are not empty. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_bins_collect(const lln_bins *bins,
                                          lln_sample *sample);

/* NULL is legal. */
void lln_bins_close(lln_bins *bins);

#endif
