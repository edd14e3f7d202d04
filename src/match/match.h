/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moment matching: alpha and beta with which linear log-normal attention,
 * features exp(alpha q) and exp(beta k), behaves like softmax attention of
 * the same head. */
#ifndef LLN_MATCH_MATCH_H
#define LLN_MATCH_MATCH_H

#include <stdbool.h>

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
    bool needs_variance; /* D2 of softmax, which must be positive */
    /* Side s = alpha sigma_q = beta sigma_k. match holds sigma_q, sigma_k and
     * target; target and predicted may be set. estimate: see
     * lln_match_estimate. */
    lln_status (*side)(const lln_head *head, bool estimate, lln_match *match,
                       double *s);
} lln_match_method;

/* All methods, ended by a row whose name is NULL. All are balanced:
 * alpha sigma_q = beta sigma_k. */
extern const lln_match_method lln_match_methods[];

/* A method by name, NULL if there is none. */
const lln_match_method *lln_match_find(const char *name);

/* Relative tolerance of D2 for the method `measured`, and the number of rows
 * from which on lln_match_estimate may do with some of them. */
#define LLN_MATCH_TOLERANCE 1e-9
enum { LLN_MATCH_LARGE = 2048 };

/* Solves by `method`, with D2 the mean of lln_row_variance over all rows, mask
 * included.
 *   paper       2 slope s^2 + intercept = sigma_q^2 sigma_k^2, published
 *               constants; blind to the head's rule of logits
 *   fenton      s^2 = ln(1 + d (e^D2 - 1)) / 2
 *   fenton-row  e^{s^2} (e^{s^2} - 1) = d (e^D2 - 1)
 *   exact       D2(s) by quadrature in the Gaussian model, no mask
 *   measured    D2(s) measured on the head
 * `measured` meets the target on all rows to LLN_MATCH_TOLERANCE in float64
 * and to 1e-7, the noise of D2, in float32. D2(s) need not be monotone: where
 * several s meet the target, the one that the search reaches from the
 * Gaussian model's is given.
 * LLN_EUNDEFINED: the head has no spread (constant queries or keys) or, for all
 * methods but paper, D2 is not positive, as with fewer than two keys a row or
 * equal tokens; LLN_ENOCONV: no alpha,
 * beta reach the target (the message gives the largest D2 found).
 * LLN_ENOMEM; LLN_EINTERRUPTED. *match is written only with LLN_OK.
 * Source: Nahshan, Kampeas, Haleva (2024), section 4; Fenton (1960). */
LLN_NODISCARD lln_status lln_match_solve(const lln_match_method *method,
                                         const lln_head *head,
                                         lln_match *match);

/* The same for those who measure LLN attention with the match, which should
 * cost less than the measure: on heads of LLN_MATCH_LARGE rows and more the
 * method `measured` looks at an eighth of the rows (of very large heads at
 * fewer, at least 512), chosen by lln_strata_choose, once or twice, and
 * `predicted` is the target. D2 over all rows is then met to about 0.5 % on
 * Gaussian heads, to a few percent on trained ones, whose rows differ more. */
LLN_NODISCARD lln_status lln_match_estimate(const lln_match_method *method,
                                            const lln_head *head,
                                            lln_match *match);

#endif
