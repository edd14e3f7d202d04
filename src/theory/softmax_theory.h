/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax attention of Gaussian queries and keys: expected entropy,
 * log-variance and spectral size at finite N and d. */
#ifndef LLN_THEORY_SOFTMAX_THEORY_H
#define LLN_THEORY_SOFTMAX_THEORY_H

#include <stddef.h>

#include "core/status.h"

/* Expectations over Q and K for P = softmax(Q K' / sqrt(d)), N keys, no mask.
 * v is the variance of the logits of one row, Z their normaliser. */
typedef struct {
    double entropy;          /* E H of a row, nats: E[ln Z] - E[v (1 - Y2)] */
    double log_norm;         /* E ln Z */
    double concentration;    /* Y2 = E sum_j P_ij^2 */
    double log_mean;         /* mean of ln P over all entries: -E ln Z */
    double log_variance;     /* overall log-variance D1: its variance over all
                                entries */
    double log_variance_row; /* within-row log-variance D2: mean variance in a
                                row, sigma^2 */
    double lambda2;          /* typical |lambda_2|: sqrt(Y2 - 1/N) */
} lln_theory_softmax_values;

/* Given a query, the N logits of its row are iid normal with variance v =
 * sigma^2 chi^2_d / d. Each quantity of a row is an exact integral (see
 * lln_theory_sum_cumulants with N terms of variance v), averaged over v with
 * 12- to 40-point generalised Gauss-Laguerre quadrature:
 *     entropy      = E[ln Z] - E[v (1 - Y2(v))]                     (Stein)
 *     log_variance = sigma^2 (1 - 2/N) + E Var(ln Z | v) + Var E[ln Z | v],
 * for N -> inf sigma^2 + sigma^4 / (2d).
 * n: keys, 1..; d: features, 1..; sigma = sigma_q sigma_k = 1/tau, 0.. (the
 * temperature tau of a head is 1 over the standard deviation of its logits
 * within rows). sigma = 0: uniform rows. n = 1: P = 1, so entropy, log_mean,
 * log_variance and lambda2 are 0 and log_variance_row is NaN.
 * LLN_EINVAL: n or d = 0, sigma negative or NaN, or so large that rows that
 * matter have v > LLN_THEORY_S2_MAX (sigma up to 20 is accepted for d >= 16);
 * LLN_ENOMEM; LLN_ENOCONV as in lln_theory_sum_cumulants.
 * Absolute error below 1e-11 for d >= 8 and sigma <= 3. lambda2 is a scale, not
 * an expectation: simulations exceed it by 2 to 9 % up to sigma = 1, and by up
 * to 20 % beyond. A call takes 0.1 to 2 ms for sigma <= 6.
 * Source of the entropy's Stein form: integration by parts of E sum_j P_j a_j;
 * of the rule: G. H. Golub and J. H. Welsch, Math. Comp. 23 (1969). */
LLN_NODISCARD lln_status lln_theory_softmax(size_t n, size_t d, double sigma,
                                            lln_theory_softmax_values *result);

#endif
