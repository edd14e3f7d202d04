/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moment matching: finds alpha and beta with which linear log-normal attention,
 * with features exp(alpha q) and exp(beta k), has the same log-variance as
 * softmax attention of the same head. Parts: match.h, one head; layer.h, one
 * layer; measured.h, with search.h (root finding) and strata.h (choice of
 * rows), the method `measured`; report.h, what a match achieves. Example,
 * method fenton: d = 64, D2 = 1 gives s^2 = ln(1 + 64 (e - 1)) / 2 = 2.355, s =
 * 1.534; with sigma_q = sigma_k = 1, alpha = beta = 1.534. */
#ifndef LLN_MATCH_MATCH_H
#define LLN_MATCH_MATCH_H

#include <stdbool.h>

#include "heads/heads.h"

typedef struct {
    double alpha, beta;
    double sigma_q, sigma_k; /* standard deviation of all entries of Q and of K,
                                divisor nd - 1 */
    double target; /* the log-variance to reach: within-row log-variance D2 of
                      softmax on this head; for paper sigma_q^2 sigma_k^2 */
    double predicted; /* D2 of LLN attention that the method predicts; NaN if it
                         predicts none */
} lln_match;

typedef struct {
    const char *name, *summary;
    bool needs_variance; /* needs D2 of softmax to be positive */
    /* Finds the side s = alpha sigma_q = beta sigma_k. sigma_q, sigma_k and
     * target of match are set; it may change target and set predicted.
     * estimate: see lln_match_estimate. */
    lln_status (*side)(const lln_head *head, bool estimate, lln_match *match,
                       double *s);
} lln_match_method;

/* All methods, ended by a row whose name is NULL. All are balanced: alpha
 * sigma_q = beta sigma_k. */
extern const lln_match_method lln_match_methods[];

/* The method of that name; NULL if there is none. */
const lln_match_method *lln_match_find(const char *name);

/* Relative tolerance of D2 for the method `measured`, and the number of rows
 * from which lln_match_estimate may use only some of them. */
#define LLN_MATCH_TOLERANCE 1e-9
enum { LLN_MATCH_LARGE = 2048 };

/* Solves by `method`. The within-row log-variance D2 is the mean of
 * lln_row_variance over all rows, with the head's mask.
 *   paper       2 slope s^2 + intercept = sigma_q^2 sigma_k^2, published
 *               constants; ignores the head's rule of logits
 *   fenton      s^2 = ln(1 + d (e^D2 - 1)) / 2
 *   fenton-row  e^{s^2} (e^{s^2} - 1) = d (e^D2 - 1)
 *   exact       D2(s) by quadrature in the Gaussian model, no mask
 *   measured    D2(s) measured on the head
 * `measured` reaches the target on all rows to LLN_MATCH_TOLERANCE in float64,
 * and to 1e-7, the rounding error of D2, in float32. D2(s) need not be
 * monotone: if several s reach the target, the result is the one that the
 * search finds first when it starts from that of the Gaussian model.
 * LLN_EUNDEFINED: queries or keys are constant or, for all methods except
 * paper, D2 is not positive (fewer than two keys in each row, or equal tokens);
 * LLN_ENOCONV: no alpha and beta reach the target (the message gives the
 * largest D2 found); LLN_ENOMEM; LLN_EINTERRUPTED. *match is written only with
 * LLN_OK.
 * Source: Nahshan, Kampeas, Haleva (2024), section 4; Fenton (1960). */
LLN_NODISCARD lln_status lln_match_solve(const lln_match_method *method,
                                         const lln_head *head,
                                         lln_match *match);

/* The same, for callers that then measure LLN attention with the match: the
 * match should cost less than the measurement. For heads with LLN_MATCH_LARGE
 * rows or more, the method `measured` uses an eighth of the rows (fewer for
 * very large heads, but at least 512), chosen by lln_strata_choose, once or
 * twice, and `predicted` is the target. D2 over all rows then reaches the
 * target to about 0.5 % on Gaussian heads, and to a few percent on trained
 * heads, whose rows differ more. */
LLN_NODISCARD lln_status lln_match_estimate(const lln_match_method *method,
                                            const lln_head *head,
                                            lln_match *match);

#endif
