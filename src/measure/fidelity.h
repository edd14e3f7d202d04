/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How close an attention matrix P is to a reference R. Example: P = (1/2, 1/2),
 * R = (1/4, 3/4): variation 0.25, divergence 0.131 nats, matrix_error 0.447. */
#ifndef LLN_MEASURE_FIDELITY_H
#define LLN_MEASURE_FIDELITY_H

#include "measure/row_sample.h"

/* P and R [n x m] are of one head with values V [m x dv]. Means are over rows.
 * A row without a value is left out of the mean; if all are, the mean is NaN. A
 * key of a row is one with a positive entry. */
typedef struct {
    /* |P V - R V|_F / |R V|_F; NaN if R V = 0 or without values. */
    double relative_error;
    /* Mean cosine of the angle between P_i V and R_i V; rows with P_i V = 0 or
     * R_i V = 0 are left out. NaN without values. */
    double cosine;
    /* Mean divergence from R_i to P_i, nats,
     *     sum_j R_ij ln(R_ij / P_ij) + P_ij - R_ij.
     * It is that of Kullback and Leibler if both rows sum to 1, and is never
     * negative. Infinite if P_ij = 0 < R_ij for some j; NaN if any row of P or
     * R has a negative entry. */
    double divergence;
    double row_sum_min; /* smallest sum_j P_ij */
    double lost_mass;   /* mean over rows of the fraction of the mass of R_i at
                           keys with P_ij <= 0 */
    double row_sum_error; /* mean of |1 - sum_j P_ij| */
    double row_sum_error_largest;
    double variation; /* mean of sum_j |P_ij - R_ij| / 2, the total variation
                         distance */
    /* Mean over rows of the fraction of the `top` keys with the largest R_ij
     * (all keys of R_i if it has fewer) that are among the `top` keys with the
     * largest P_ij. Of equal entries, that with the lower index comes first. */
    double top_overlap;
    /* Over pairs of those keys of R_i with R_ij > R_il: the fraction with P_ij
     * > P_il minus the fraction with P_ij < P_il, mean over rows that have such
     * a pair. It is Kendall's tau if no entries are equal, and 0 if P_i is
     * constant (Somers' d of P given R). */
    double rank_correlation;
    double matrix_error; /* |P - R|_F / |R|_F, the relative error if V = I */
    double js,
        hellinger;     /* mean Jensen-Shannon divergence and Hellinger distance
                          of rows divided by their sums, see row_pair.h; NaN
                          if any row of P or R has a negative entry */
    double row_cosine; /* mean cosine of the angle between P_i and R_i */
    double transfer_recall; /* mean of the sum of R_ij over the `top` keys with
                               the largest P_ij */
} lln_fidelity;

typedef struct {
    lln_matrix values;     /* V [m x dv]; data = NULL: none */
    const size_t *queries; /* to be measured, [count]; NULL: all n rows */
    size_t count;
    size_t top; /* number of top keys, 1 to 256 */
} lln_fidelity_options;

/* A reference that several attentions are compared with. */
typedef struct lln_fidelity_reference lln_fidelity_reference;

/* Opens a reference, which must outlive it, like the values and queries of the
 * options. LLN_EINVAL: count = 0, top out of range, or values of another shape;
 * LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_fidelity_open(lln_attention *reference,
                                           const lln_fidelity_options *options,
                                           lln_fidelity_reference **out);

/* NULL is legal. */
void lln_fidelity_close(lln_fidelity_reference *reference);

/* Compares the attention with the reference in one pass over the rows of both:
 * O(n m (rank + dv)) time. Rows that both have as scores of the same keys in
 * one precision are compared in it, as by lln_pair_measure, others by entries
 * in float64. The outputs of all rows are those of the kernel's own product if
 * it has one; those of the reference are computed by the first comparison only.
 * Results do not depend on comparisons before. Memory is O(n + (n + m) dv) and,
 * for each thread, a block of rows of each as of lln_pair_measure. `error`,
 * unless NULL, receives the standard errors for listed rows, drawn at random
 * from the n: those of lln_rows_mean or, for the two relative errors, those of
 * a ratio of sums, error = sd(x_i - e^2 y_i) / sqrt(m) sqrt(1 - m/n) / (2 e
 * mean y), e^2 = sum_i x_i / sum_i y_i over m rows; NaN for fields that are
 * neither. Not for several threads at once. LLN_EINVAL: shapes that do not
 * agree; LLN_ENOMEM; LLN_EINTERRUPTED. Sources: Kullback and Leibler (1951);
 * Somers (1962); Cochran, Sampling Techniques (1977), section 2.11, for the
 * ratio. */
LLN_NODISCARD lln_status lln_fidelity_compare(lln_fidelity_reference *reference,
                                              lln_attention *attention,
                                              lln_fidelity *out,
                                              lln_fidelity *error);

/* The same for one attention. The statuses of both functions. */
LLN_NODISCARD lln_status
lln_fidelity_measure(lln_attention *attention, lln_attention *reference,
                     const lln_fidelity_options *options, lln_fidelity *out,
                     lln_fidelity *error);

#endif
