/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The temperature of softmax attention, tau = 1/sqrt(D2), and the terms of D2
 * (the within-row log-variance), from second moments of queries and keys,
 * without the attention matrix. The temperature is a property that a head has,
 * 1 over the standard deviation of its logits within rows; it is not the
 * divisor T in softmax(s/T). Only for rules with lln_rule_has_closed_variance;
 * other rules are refused. */
#ifndef LLN_HEADS_TEMPERATURE_H
#define LLN_HEADS_TEMPERATURE_H

#include "heads/heads.h"

/* D2, the within-row log-variance: the mean over rows of the variance within
 * the row (divisor: keys - 1) of the logits, which is that of ln P for softmax
 * attention:
 *     D2 = scale^2 mean_i q_i' S_i q_i,
 *     S_i = covariance of the keys that query i may attend to.
 * Without a mask S_i is the same for all rows, and D2 = scale^2 tr(S M) with M
 * = Q'Q/n (not centred). Time O((n + m) d^2) in float64; memory O(d^2), with a
 * window O(m d^2 / 256). Computed only once for a head that keeps it
 * (lln_head_keep_variance).
 * A variance below the rounding of products of float64 values of the size of q
 * and k, such as that of equal keys, becomes 0. Rows with fewer than two
 * allowed keys are left out. Temperature tau = 1/sqrt(D2).
 * LLN_EUNDEFINED: no row is left; LLN_EINVAL: a mask with n > m, or a rule
 * without closed variance; LLN_ENOMEM; LLN_EINTERRUPTED. On failure *variance
 * is NaN. */
LLN_NODISCARD lln_status lln_temperature_variance(const lln_head *head,
                                                  double *variance);

/* sigma_q sigma_k |scale| sqrt(d): the standard deviation of the logits scale
 * q.k, which is 1/tau, if queries and keys are independent and normal with
 * these standard deviations. */
double lln_temperature_deviation(const lln_head *head, double sigma_q,
                                 double sigma_k);

/* Temperature of softmax attention: for a sampled head 1 /
 * lln_temperature_deviation with the standard deviations of the model,
 * otherwise the measured 1/sqrt(D2). LLN_EUNDEFINED: D2 is undefined or 0, or
 * the rule has no closed variance; also the statuses of
 * lln_temperature_variance. On failure *tau is NaN. */
LLN_NODISCARD lln_status lln_temperature_measure(const lln_head *head,
                                                 double *tau);

/* Standard deviations of all entries of Q and of K (mean removed; divisor:
 * entries - 1), and the cross term
 *     cross_variance = D2 - (sigma_q sigma_k scale)^2 d.
 * The cross term is the part of D2 that comes from the means of the queries and
 * from covariances common to queries and keys; its expectation is 0 for
 * Gaussian heads. Statuses are those of lln_temperature_variance; on failure
 * *cross_variance is NaN. For a rule without closed variance it is NaN, and the
 * status is LLN_OK. */
LLN_NODISCARD lln_status lln_temperature_moments(const lln_head *head,
                                                 double *sigma_q,
                                                 double *sigma_k,
                                                 double *cross_variance);

#endif
