/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distances between one row of attention P and the same row of another, R.
 * Example: P = (1/2, 1/2), R = (1/4, 3/4): js 0.0338 nats, variation 0.25,
 * hellinger 0.185, cosine 0.894; with top = 1, the top keys are 0 and 1, recall
 * 1/4 and recall_relative 1/3. */
#ifndef LLN_MEASURE_ROW_PAIR_H
#define LLN_MEASURE_ROW_PAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/attention.h"
#include "measure/row_top.h"

/* The first six fields compare rows that are divided by their sums, the others
 * rows as they are. NaN: undefined, or not computed. All fields are double, so
 * that one function can average each of them. */
typedef struct {
    double js;         /* Jensen-Shannon divergence, nats: KL(P,M)/2 + KL(R,M)/2
                          with M = (P + R)/2; 0 to ln 2 */
    double kl;         /* sum_j P_j ln(P_j / R_j), nats */
    double kl_reverse; /* sum_j R_j ln(R_j / P_j), nats */
    double variation;  /* sum_j |P_j - R_j| / 2 */
    double hellinger;  /* sqrt(1 - sum_j sqrt(P_j R_j)) */
    double cosine;     /* sum_j P_j R_j / sqrt(sum_j P_j^2 sum_j R_j^2) */
    double overlap;    /* keys in the top keys of both rows / min(top, keys) */
    double order;  /* of pairs of top keys of R that differ in R: the fraction
                      with the same order in P minus that with the other */
    double recall; /* sum of R over the top keys of P */
    double recall_relative; /* the same / sum of R over its own top keys */
    double product, square, other; /* sums of P R, P^2 and R^2 */
    double distance, distance2;    /* sums of |P - R| and (P - R)^2 */
    double output_cosine;   /* of P V and R V'; from lln_row_pair_outputs */
    double error2, output2; /* |P V - R V'|^2 and |R V'|^2 */
} lln_row_pair;

/* A row of scores, with max the largest of them: ln(P_j / sum_l P_l) = score_j
 * - max - log_norm or, in LLN_DOMAIN_LINEAR, ln(score_j / max) - log_norm. */
typedef struct {
    void *scores; /* [count]; -inf: the mask hides the key */
    double max, log_norm;
    double sum; /* of P */
    bool gaps;  /* some scores may be -inf */
    lln_domain domain;
    const size_t *top; /* the top keys if there are no gaps; NULL: not known */
} lln_row_scores;

/* All fields NaN. */
lln_row_pair lln_row_pair_undefined(void);

/* Makes linear scores logarithms, ln(score_j / max), unless they are. False:
 * one of them is not positive, and nothing was changed. */
bool lln_row_scores_take_logs(lln_precision precision, lln_row_scores *row,
                              size_t count);

/* P_j of all keys, 0 for those that are hidden: out [count]. They are computed
 * in float64 and sum to row->sum to its accuracy. */
void lln_row_scores_entries(lln_precision precision, const lln_row_scores *row,
                            size_t count, double *out);

/* Turns the scores into P_j / sum_l P_l in the same precision, 0 for keys that
 * are hidden. The result is the same if they are logarithms already. */
void lln_row_scores_take_weights(lln_precision precision, lln_row_scores *row,
                                 size_t count);

/* The `top` largest scores of a row without gaps: keys [top]. */
void lln_row_scores_top(lln_precision precision, const lln_row_scores *row,
                        size_t count, size_t top, size_t *keys);

/* Computes all fields except those of outputs from scores p and r [count] in
 * `precision`, with sums over 512 entries in that precision and their sum in
 * float64. No term of js, hellinger, variation or kl is negative. Keys that are
 * hidden in both rows are no keys; if a key is hidden in one row only, if all
 * are hidden, or if a linear score is 0, all fields are NaN. Of equal scores,
 * the lower key is a top key. top = 0 to LLN_ROW_TOP; 0: no top keys, and their
 * fields are NaN. Without `distances`, only the fields of top keys are
 * computed; with it, linear scores become logarithms.
 * Sources: Lin (1991) for js, Hellinger (1909), Somers (1962) for order. */
lln_row_pair lln_row_pair_from_scores(lln_precision precision,
                                      lln_row_scores *p, lln_row_scores *r,
                                      size_t count, size_t top, bool distances);

/* The same from entries p and r [count], which may be zero or negative. A
 * negative entry, or a sum that is not positive, makes js, kl, kl_reverse,
 * variation and hellinger NaN. kl is infinite if R_j = 0 < P_j for some j. */
lln_row_pair lln_row_pair_from_entries(const double *p, const double *r,
                                       size_t count, size_t top);

/* Sets the fields of outputs, pv = P V and rv = R V' [columns] in
 * `precision`. output_cosine is NaN if one of them is zero. */
void lln_row_pair_outputs(lln_precision precision, const void *pv,
                          const void *rv, size_t columns, lln_row_pair *row);

/* sum P R / sqrt(sum P^2 sum R^2) from the three sums, at most 1; NaN if a row
 * is zero. */
double lln_pair_cosine(double product, double square, double other);

#endif
