/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How D2 and the entropy of LLN attention change with alpha and beta. */
#ifndef LLN_MATCH_SENSITIVITY_H
#define LLN_MATCH_SENSITIVITY_H

#include "heads/heads.h"

/* Derivatives at a match. */
typedef struct {
    double variance_alpha, variance_beta; /* of ln D2 by ln alpha, ln beta */
    double entropy_alpha, entropy_beta;   /* of the mean row entropy, nats */
} lln_sensitivity;

/* Central differences with steps of 1e-4 in ln alpha and ln beta, over all rows
 * in float64: four passes. Error about 1e-7, from the third derivative. Where
 * D2 is 0 its derivatives are NaN. LLN_EINVAL: alpha or beta not finite;
 * LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_sensitivity_measure(const lln_head *head,
                                                 double alpha, double beta,
                                                 lln_sensitivity *out);

#endif
