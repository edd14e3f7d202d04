/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether the entries of queries or keys are normal. */
#ifndef LLN_MEASURE_NORMALITY_H
#define LLN_MEASURE_NORMALITY_H

#include "core/matrix.h"
#include "measure/sample.h"

typedef struct {
    double mean;
    double deviation; /* divisor: entries - 1 */
    double skewness, excess_kurtosis;
    lln_normal_fit fit; /* compared with the normal distribution of the same
                           mean and standard deviation */
} lln_normality;

/* Moments and fit over all entries. Up to 2^20 entries are sorted; more are
 * counted in bins (measure/bins.h): fit.ks is then too small by less than 2e-4
 * and fit.wasserstein wrong by less than 3e-4. Memory: 2^20 entries, or 0.9 MiB
 * for each thread. There is no p-value: entries of real queries and keys depend
 * on each other, so that the number of entries does not measure the evidence.
 * LLN_EUNDEFINED: fewer than two entries or no spread; values that do not exist
 * are NaN. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_normality_measure(lln_matrix a,
                                               lln_normality *out);

#endif
