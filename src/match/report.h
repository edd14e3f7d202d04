/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a match achieves on its head, and whether its features overflow in fp16
 * and bf16. */
#ifndef LLN_MATCH_REPORT_H
#define LLN_MATCH_REPORT_H

#include "kernel/attention.h"
#include "match/match.h"
#include "match/sensitivity.h"

/* What is measured beside D2 and the entropy, as bits. What was not asked for
 * is NaN. */
enum {
    LLN_REPORT_SPECTRUM = 1,
    LLN_REPORT_MOMENTS = 2,
    LLN_REPORT_FEATURES = 4,
    LLN_REPORT_SENSITIVITY = 8
};

/* Summary of one attention matrix of a head. */
typedef struct {
    double log_variance; /* within-row log-variance D2, the mean of
                            lln_row_variance */
    double entropy;      /* mean over rows, nats */
    double lambda2;      /* see lln_spectrum */
    /* LLN_REPORT_MOMENTS: */
    double log_variance_overall;      /* D1 */
    double skewness, excess_kurtosis; /* of ln P over all entries */
    double skewness_row;              /* means over rows of */
    double excess_kurtosis_row;       /* lln_row_skewness and _kurtosis */
} lln_report_summary;

/* A summary of which nothing is known: all NaN. */
extern const lln_report_summary lln_report_unknown;

/* value / reference - 1; NaN if the reference is not positive. */
double lln_report_relative_error(double value, double reference);

/* |lambda_2| LLN / softmax on a head of n queries; NaN: not measured, or that
 * of softmax is below n DBL_EPSILON. */
double lln_report_lambda2_ratio(const lln_report_summary *lln,
                                const lln_report_summary *softmax, size_t n);

/* The summary of softmax attention, with which all matches of the head are
 * compared. LLN_REPORT_SPECTRUM takes many times longer than the rest. If
 * no row has two keys, D2 is NaN. LLN_EINVAL: no queries; LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_report_softmax(const lln_head *head, unsigned what,
                                            lln_report_summary *out);

/* The same of any attention that is open, without lambda2. Statuses as
 * above. */
LLN_NODISCARD lln_status lln_report_attention(lln_attention *attention,
                                              unsigned what,
                                              lln_report_summary *out);

typedef struct {
    double achieved;       /* what is matched (match.of), of LLN over all rows;
                              for the gap, the value that the match predicts */
    double relative_error; /* achieved / (that of softmax) - 1; NaN if that of
                              softmax is 0 */
    double entropy_gap;    /* mean row entropy, LLN - softmax, nats */
    double lambda2_ratio;  /* lln_report_lambda2_ratio */
    double max_exponent;   /* largest of alpha q_il and beta k_jl */
    double fp16_overflow;  /* fraction of the features exp(alpha q_il) and */
    double bf16_overflow;  /* exp(beta k_jl), computed without subtracting a
                              maximum, that round to infinity */
    lln_report_summary lln;
    double features_used; /* lln_features_used */
    lln_sensitivity sensitivity;
} lln_report;

/* Measures LLN attention with the match, in one pass over the head, and what
 * the bits of `what` ask for. fp16 rounds to infinity from 65520, bf16 from
 * 2^128 (1 - 2^-9). LLN_EINVAL: alpha or beta not finite; LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_report_match(const lln_head *head,
                                          const lln_match *match,
                                          const lln_report_summary *softmax,
                                          unsigned what, lln_report *report);

#endif
