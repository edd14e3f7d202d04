/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moment matching: alpha and beta with which linear log-normal attention,
 * features exp(alpha q) and exp(beta k), behaves like softmax attention of
 * the same head. */
#ifndef LLN_MATCH_MATCH_H
#define LLN_MATCH_MATCH_H

#include "heads/heads.h"

typedef struct {
    double alpha, beta;
    double sigma_q, sigma_k; /* of all entries of Q and K, divisor nd - 1 */
    double target;           /* the log-variance to reach: D2 of softmax on this
                                head; for paper sigma_q^2 sigma_k^2 */
    double predicted; /* D2 of LLN that the method itself promises; NaN if it
                         promises none */
} lln_match;

typedef struct {
    const char *name, *summary;
    /* Side s = alpha sigma_q = beta sigma_k. match holds sigma_q, sigma_k and
     * target; target and predicted may be set. tolerance: relative, of D2. */
    lln_status (*side)(const lln_head *head, double tolerance, lln_match *match,
                       double *s);
} lln_match_method;

/* All methods, ended by a row whose name is NULL. All are balanced:
 * alpha sigma_q = beta sigma_k. */
extern const lln_match_method lln_match_methods[];

/* A method by name, NULL if there is none. */
const lln_match_method *lln_match_find(const char *name);

/* Relative tolerances of D2 for the method `measured`. With SAMPLED the log-
 * variance of a large head is taken from some of its rows, so that matching
 * costs a fraction of one pass over the head. */
#define LLN_MATCH_TOLERANCE 1e-9
#define LLN_MATCH_SAMPLED 0.01

/* Solves by `method`, with D2 as lln_lognormal_variance_row defines it, mask
 * included.
 *   paper       2 slope s^2 + intercept = sigma_q^2 sigma_k^2, published
 *               constants; blind to the mask and to head->scale
 *   fenton      s^2 = ln(1 + d (e^D2 - 1)) / 2
 *   fenton-row  e^{s^2} (e^{s^2} - 1) = d (e^D2 - 1)
 *   exact       D2(s) by quadrature in the Gaussian model, no mask
 *   measured    D2(s) measured on the head
 * `measured` meets the target on all rows to LLN_MATCH_TOLERANCE in float64
 * and to 1e-7, the noise of D2, in float32. D2(s) need not be monotone: where
 * several s meet the target, the one that the search reaches from the
 * Gaussian model's is given.
 * LLN_EUNDEFINED: the head has no spread (constant queries or keys), fewer
 * than two keys a row, or the target is not positive; LLN_ENOCONV: no alpha,
 * beta reach the target (the message gives the largest D2 found).
 * LLN_ENOMEM; LLN_EINTERRUPTED. *match is written only with LLN_OK.
 * Source: Nahshan, Kampeas, Haleva (2024), section 4; Fenton (1960). */
LLN_NODISCARD lln_status lln_match_solve(const lln_match_method *method,
                                         const lln_head *head,
                                         lln_match *match);

/* The same with another relative tolerance, 0 < tolerance < 1, for D2 of the
 * method `measured`. With a tolerance above 1e-4 on heads of more than 512
 * rows, m < n/2 evenly spaced rows stand for all if two standard errors of
 * their mean are below the tolerance, the last step of the search is not
 * measured again, and `predicted` is the target. One float32 head with
 * d = 64 on 2 cores, in passes that measure the moments of ln P: SAMPLED at
 * n = 1024 1.8, n = 8192 0.3 to 0.4; TOLERANCE 2.8 and 3.1.
 * LLN_EINVAL: tolerance. */
LLN_NODISCARD lln_status lln_match_solve_within(const lln_match_method *method,
                                                const lln_head *head,
                                                double tolerance,
                                                lln_match *match);

#endif
