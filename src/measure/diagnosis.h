/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether the heads of a model attend to too few keys or to all of them:
 * measures of one head, and of all heads together. Example: 4 heads with
 * over_ceiling 0.1, 0.2, 0.3, 0.9 give of_ceiling = (1/2, 1/4, 0, 1/4). */
#ifndef LLN_MEASURE_DIAGNOSIS_H
#define LLN_MEASURE_DIAGNOSIS_H

#include "measure/entropy.h"

/* Measures of one head; see lln_entropy for fields of the same name. */
typedef struct {
    double entropy, over_log_n, over_ceiling, normalized, floor, max_logit;
    double centered_sigma1; /* largest singular value of P minus its column
                               means */
} lln_head_diagnosis;

/* Measures all rows: once for the entropies and, if `sigma`, once for each of
 * the products that centered_sigma1 needs (lln_spectrum_centered_sigma1); P is
 * stored if it fits in 64 MiB. Without `sigma`, centered_sigma1 is NaN.
 * LLN_EINVAL: no rows; LLN_ENOCONV; LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_head_diagnosis_measure(lln_attention *attention,
                                                    bool sigma,
                                                    lln_head_diagnosis *out);

enum { LLN_QUARTERS = 4 };

/* Measures of several heads: means over them unless stated otherwise, NaN if
 * one of them has no value. Fractions are of the heads that have the value,
 * with the value in [0, 1/4), [1/4, 1/2), [1/2, 3/4), or from 3/4. */
typedef struct {
    double entropy, over_log_n, over_ceiling, normalized, floor;
    double least, largest; /* smallest and largest entropy of a head, nats, of
                              those that have one */
    double of_ceiling[LLN_QUARTERS]; /* fractions by over_ceiling */
    double of_largest[LLN_QUARTERS]; /* fractions by entropy / largest; NaN if
                                        largest = 0 */
    double max_logit;                /* the largest */
    double centered_sigma1, centered_sigma1_max; /* mean and largest */
    size_t undefined; /* heads that have no entropy */
} lln_diagnosis;

/* Summarises heads[count], count >= 1. Source: Jha and Reagen (2024): a large
 * fraction in the first quarter of the largest entropy is called entropy
 * collapse, a large one in the last quarter entropic overload. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_diagnosis_summarise(
    const lln_head_diagnosis *heads, size_t count, lln_diagnosis *out);

#endif
