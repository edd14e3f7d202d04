/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What LLN attention of one head is at any alpha and beta: how it differs from
 * softmax attention, and which of its features floating-point formats can
 * represent. Points are given by a = alpha sigma_q and b = beta sigma_k. */
#ifndef LLN_MATCH_LANDSCAPE_H
#define LLN_MATCH_LANDSCAPE_H

#include "match/report.h"
#include "measure/feature_range.h"
#include "measure/row_distance.h"

/* A head, with what all its points are compared with. */
typedef struct lln_landscape lln_landscape;

/* What to measure at each point, beside the number range. */
enum {
    LLN_LANDSCAPE_REPORT = 1,   /* D2 and entropy */
    LLN_LANDSCAPE_FIDELITY = 2, /* errors of P */
    LLN_LANDSCAPE_SPECTRUM = 4, /* lambda2: many times longer than the rest;
                                   includes the report */
    LLN_LANDSCAPE_SUMS = 8,     /* max_log_sum, in O((n + m) d) */
};

/* The features of queries or keys at one a or b. */
typedef struct {
    double spread; /* a or b */
    double factor; /* alpha or beta */
    lln_feature_range measured;
    /* Expected for normal queries or keys of mean 0: lln_theory_range_side. */
    lln_range_fractions model[LLN_NUMBER_FORMATS];
} lln_landscape_side;

/* Queries and keys together, in one format. */
typedef struct {
    double overflow, subnormal, flushed, shifted_flushed; /* fractions of all
                                                             features */
    double overflow_model; /* probability that one feature overflows, and that
                              one product e^{alpha q_il + beta k_jl} does: */
    double product_model;  /* lln_theory_range_overflow, _product */
} lln_landscape_range;

typedef struct {
    double a, b, alpha, beta;
    lln_report_summary lln;
    double relative_error; /* D2 of LLN / softmax - 1; NaN if softmax has 0 */
    double entropy_gap;    /* LLN - softmax, nats */
    double lambda2_ratio;  /* lln_report_lambda2_ratio */
    double max_exponent;   /* largest alpha q_il or beta k_jl */
    lln_distance distance; /* from softmax attention */
    lln_landscape_range formats[LLN_NUMBER_FORMATS];
    double max_log_sum;          /* lln_feature_range_largest_sum */
    double log_sum_model;        /* lln_theory_range_sum */
    double max_product_exponent; /* max over i, j, l of alpha q_il + beta
                                    k_jl */
} lln_landscape_point;

/* Opens the landscape of a head, which must outlive it, to measure `what`, and
 * measures softmax attention. LLN_EUNDEFINED: all entries of the queries or of
 * the keys are equal, so that a or b gives no alpha or beta; LLN_EINVAL: no
 * queries; LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_landscape_open(const lln_head *head, unsigned what,
                                            lln_landscape **landscape);

/* The standard deviations of all entries (divisor nd - 1), and the summary of
 * softmax attention (NaN if it was not asked for). */
double lln_landscape_sigma_q(const lln_landscape *landscape);
double lln_landscape_sigma_k(const lln_landscape *landscape);
const lln_report_summary *lln_landscape_softmax(const lln_landscape *landscape);

/* The features of the queries at a = spread, shifted by the maximum of each
 * row; the features of the keys at b = spread, shifted by that of all keys
 * (as in the published code). spread >= 0. LLN_EINVAL: it is not. O(n d). */
LLN_NODISCARD lln_status lln_landscape_queries(const lln_landscape *landscape,
                                               double spread,
                                               lln_landscape_side *side);
LLN_NODISCARD lln_status lln_landscape_keys(const lln_landscape *landscape,
                                            double spread,
                                            lln_landscape_side *side);

/* The sides of a match. Statuses as above. */
LLN_NODISCARD lln_status lln_landscape_match(const lln_landscape *landscape,
                                             const lln_match *match,
                                             lln_landscape_side *q,
                                             lln_landscape_side *k);

/* Measures the point of these queries and keys, in up to two passes over the
 * head. What was not asked for is NaN. If no row has two keys, D2 is NaN.
 * Memory O(N d). LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_landscape_measure(lln_landscape *landscape,
                                               const lln_landscape_side *q,
                                               const lln_landscape_side *k,
                                               lln_landscape_point *point);

/* The distance of two points, sqrt(ln(a/a')^2 + ln(b/b')^2): 0.69 if one of a
 * and b is doubled. NaN if one of them is not positive. */
double lln_landscape_distance(double a, double b, double a2, double b2);

/* NULL is legal. */
void lln_landscape_close(lln_landscape *landscape);

#endif
