/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The temperature of softmax attention from second moments of queries and
 * keys, without the attention matrix. */
#ifndef LLN_HEADS_TEMPERATURE_H
#define LLN_HEADS_TEMPERATURE_H

#include "heads/heads.h"

/* D2, the mean over rows of the within-row variance (divisor: keys - 1) of
 * the logits, which is that of ln P for softmax attention:
 *     D2 = scale^2 mean_i q_i' S_i q_i,  S_i = covariance of the keys that
 *     query i may see.
 * Without a mask S_i is the same for all rows and D2 = scale^2 tr(S M),
 * M = Q'Q/n (not centred). Time O((n + m) d^2), memory O(d^2), float64.
 * Rows with fewer than two keys are left out; if no row is left, *variance
 * is NaN and the status LLN_EUNDEFINED. Temperature tau = 1/sqrt(D2). */
LLN_NODISCARD lln_status lln_logit_variance(const lln_head *head,
                                            double *variance);

#endif
