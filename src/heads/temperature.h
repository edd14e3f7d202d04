/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The temperature of softmax attention, and what it is made of, from second
 * moments of queries and keys, without the attention matrix. All of it holds
 * for rules with lln_rule_has_closed_variance; others are refused. */
#ifndef LLN_HEADS_TEMPERATURE_H
#define LLN_HEADS_TEMPERATURE_H

#include "heads/heads.h"

/* D2, the mean over rows of the within-row variance (divisor: keys - 1) of
 * the logits, which is that of ln P for softmax attention:
 *     D2 = scale^2 mean_i q_i' S_i q_i,  S_i = covariance of the keys that
 *     query i may see.
 * Without a mask S_i is the same for all rows and D2 = scale^2 tr(S M),
 * M = Q'Q/n (not centred). Time O((n + m) d^2), memory O(d^2), with a window
 * O(m d^2 / 256), float64; once for a head that keeps it
 * (lln_head_keep_variance).
 * A variance below the rounding of products of float64 numbers of the size of
 * q and k, as that of equal keys, is 0.
 * Rows with fewer than two keys are left out. Temperature tau = 1/sqrt(D2).
 * LLN_EUNDEFINED: no row is left; LLN_EINVAL: a mask and n > m, or the rule
 * has no closed variance; LLN_ENOMEM; LLN_EINTERRUPTED. *variance is NaN then.
 */
LLN_NODISCARD lln_status lln_temperature_variance(const lln_head *head,
                                                  double *variance);

/* sigma_q sigma_k |scale| sqrt(d): the standard deviation of the logits, and
 * the inverse temperature, when queries and keys are independent and normal
 * with these deviations and logits are scale q.k. */
double lln_temperature_deviation(const lln_head *head, double sigma_q,
                                 double sigma_k);

/* Temperature of softmax attention: 1 / lln_temperature_deviation with the
 * model's deviations for a sampled head, 1/sqrt(D2) measured for any other.
 * LLN_EUNDEFINED: D2 is undefined or 0, or the rule has no closed variance;
 * else the statuses of lln_temperature_variance. *tau is NaN then. */
LLN_NODISCARD lln_status lln_temperature_measure(const lln_head *head,
                                                 double *tau);

/* Standard deviations of all entries of Q and of K (divisor: entries - 1,
 * mean removed), and the cross term
 *     cross_variance = D2 - (sigma_q sigma_k scale)^2 d,
 * what the temperature owes to the means of the queries and to covariances
 * that queries and keys share; zero in expectation for Gaussian heads.
 * Statuses are those of lln_temperature_variance, and *cross_variance is NaN
 * then; for a rule without closed variance it is NaN, and the status LLN_OK. */
LLN_NODISCARD lln_status lln_temperature_moments(const lln_head *head,
                                                 double *sigma_q,
                                                 double *sigma_k,
                                                 double *cross_variance);

#endif
