/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much of one attention matrix, the reference, another one keeps. */
#ifndef LLN_MEASURE_FIDELITY_H
#define LLN_MEASURE_FIDELITY_H

#include "measure/fidelity_row.h"
#include "measure/row_sample.h"

/* P is judged, R the reference, both [n x m] of one head with values V [m x
 * dv]. Means are over rows; a row where the figure does not exist is left out
 * of its mean, and without any row it is NaN. A key of a row is one with a
 * positive entry. */
typedef struct {
    /* |P V - R V|_F / |R V|_F; NaN if R V = 0 or without values. */
    double relative_error;
    /* Mean cosine of the angle between P_i V and R_i V; rows where one of
     * them is 0 have none. NaN without values. */
    double cosine;
    /* Mean divergence of R_i to P_i, nats,
     *     sum_j R_ij ln(R_ij / P_ij) + P_ij - R_ij,
     * that of Kullback and Leibler if both rows sum to 1, and never negative
     * if they do not. Infinite if P_ij = 0 < R_ij for some j; NaN if any row
     * has a negative entry, in P or R. */
    double divergence;
    double row_sum_min; /* smallest sum_j P_ij */
    double lost_mass;   /* mean share of sum_j R_ij at P_ij <= 0, over the keys
                           of R_i */
    double row_sum_error; /* mean of |1 - sum_j P_ij| */
    double row_sum_error_largest;
    double variation; /* mean of sum_j |P_ij - R_ij| / 2, the total variation
                         distance */
    /* Of the keys with the `top` largest R_ij, or all keys of R_i if it has
     * fewer, the mean share that is among the keys with the `top` largest
     * P_ij. Among equal entries the lowest index comes first. */
    double top_overlap;
    /* Over pairs of those keys of R_i with R_ij > R_il: the share with P_ij >
     * P_il less that with P_ij < P_il, mean over rows with such a pair. It is
     * Kendall's tau where no entries are equal, and 0 where P_i is constant
     * (Somers' d of P given R). */
    double rank_correlation;
    double matrix_error; /* |P - R|_F / |R|_F, the relative error if V = I */
} lln_fidelity;

typedef struct {
    lln_matrix values;     /* V [m x dv]; data = NULL: none */
    const size_t *queries; /* to be measured, [count]; NULL: all n rows */
    size_t count;
    size_t top; /* number of top keys, 1 to LLN_FIDELITY_TOP */
} lln_fidelity_options;

/* Compares the attention with the reference in one pass over the rows of both,
 * in float64: O(n m (rank + dv)) time, and memory O(n + m dv) beside blocks of
 * up to 64 rows of each, 32 MiB or one row, for every thread. `error`, unless
 * NULL, gets standard errors for listed rows, drawn at random from the n:
 * those of lln_rows_mean; for the two relative errors those of a ratio of sums,
 *     error = sd(x_i - e^2 y_i) / sqrt(m) sqrt(1 - m/n) / (2 e mean y),
 *     e^2 = sum_i x_i / sum_i y_i over m rows;
 * NaN for what is neither.
 * LLN_EINVAL: count = 0, top out of range, or shapes that do not fit;
 * LLN_ENOMEM; LLN_EINTERRUPTED.
 * Sources: Kullback and Leibler (1951); Somers (1962); Cochran, Sampling
 * Techniques (1977), section 2.11, for the ratio. */
LLN_NODISCARD lln_status
lln_fidelity_measure(lln_attention *attention, lln_attention *reference,
                     const lln_fidelity_options *options, lln_fidelity *out,
                     lln_fidelity *error);

#endif
