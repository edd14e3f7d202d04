/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether the heads of a model attend to too little or to everything: what is
 * asked of one head, and of all heads together. */
#ifndef LLN_MEASURE_DIAGNOSIS_H
#define LLN_MEASURE_DIAGNOSIS_H

#include "measure/entropy.h"

/* Figures of one head; those of lln_entropy by the same names. */
typedef struct {
    double entropy, over_log_n, over_ceiling, normalized, floor, max_logit;
    double
        centered_sigma1; /* largest singular value of P less its column means */
} lln_head_diagnosis;

/* Measures all rows, once for the entropies and then, if `sigma` asks for it,
 * for each of the products that centered_sigma1 takes
 * (lln_spectrum_centered_sigma1), with P kept up to 64 MiB; else
 * centered_sigma1 is NaN. LLN_EINVAL: no rows; LLN_ENOCONV; LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_head_diagnosis_measure(lln_attention *attention,
                                                    bool sigma,
                                                    lln_head_diagnosis *out);

enum { LLN_QUARTERS = 4 };

/* Figures of several heads: means over them unless said otherwise, NaN if one
 * of them has none. Shares are of the heads that have the figure, with it in
 * [0, 1/4), [1/4, 1/2), [1/2, 3/4) and from 3/4 on. */
typedef struct {
    double entropy, over_log_n, over_ceiling, normalized, floor;
    double least,
        largest; /* entropies of heads, nats, of those that have one */
    double of_ceiling[LLN_QUARTERS]; /* shares by over_ceiling */
    double of_largest[LLN_QUARTERS]; /* shares by entropy / largest, which no
                                        head has if largest = 0 */
    double max_logit;                /* the largest */
    double centered_sigma1, centered_sigma1_max; /* mean and largest */
    size_t undefined; /* heads that have no entropy */
} lln_diagnosis;

/* Puts together heads[count], count >= 1.
 * Source: Jha and Reagen (2024): a large share in the first quarter of the
 * largest entropy is called entropy collapse, in the last entropic overload.
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_diagnosis_summarise(
    const lln_head_diagnosis *heads, size_t count, lln_diagnosis *out);

#endif
