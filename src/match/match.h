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
                                head; sigma_q^2 sigma_k^2 for the method paper */
    double predicted; /* D2 of LLN that the method itself promises; NaN if it
                         promises none */
} lln_match;

typedef struct {
    const char *name, *summary;
    lln_status (*solve)(const lln_head *head, lln_match *match);
} lln_match_method;

/* All methods, ended by a row whose name is NULL. All are balanced:
 * alpha sigma_q = beta sigma_k. */
extern const lln_match_method lln_match_methods[];

/* A method by name, NULL if there is none. */
const lln_match_method *lln_match_find(const char *name);

/* Solves by `method`.
 * LLN_EUNDEFINED: the head has no spread (constant queries or keys), fewer
 * than two keys a row, or the target is not positive; LLN_ENOCONV: no alpha,
 * beta reach the target (the message gives the largest D2 found). */
LLN_NODISCARD lln_status lln_match_solve(const lln_match_method *method,
                                         const lln_head *head,
                                         lln_match *match);

#endif
