/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Comparison of one row of attention with the same row of a reference. */
#ifndef LLN_MEASURE_FIDELITY_ROW_H
#define LLN_MEASURE_FIDELITY_ROW_H

#include "measure/row_pair.h"

/* How close P_i is to R_i; the formulas are in fidelity.h. All fields are
 * double, so that one function can average each of them. */
typedef struct {
    double divergence;           /* nats */
    double lost;                 /* fraction of the mass of R_i */
    double sum, sum_error;       /* sum_j P_ij and its distance from 1 */
    double variation;            /* half of sum_j |P_ij - R_ij| */
    double overlap, order;       /* of the top keys */
    double recall;               /* sum of R_i over the top keys of P_i */
    double js, hellinger;        /* of rows divided by their sums */
    double entry_cosine;         /* of P_i and R_i */
    double cosine;               /* of the outputs */
    double error2, output2;      /* squares |(P_i - R_i) V|^2 and |R_i V|^2 */
    double entry_error2, entry2; /* |P_i - R_i|^2 and |R_i|^2 */
} lln_fidelity_row;

/* Computes all fields except those of outputs from the entries p, r [m]. top,
 * from 1 to LLN_ROW_TOP: the number of top keys. */
lln_fidelity_row lln_fidelity_row_from_entries(const double *p, const double *r,
                                               size_t m, size_t top);

/* The same from a comparison of scores, which sum to `of_p` and `of_r`: all
 * entries are positive. */
lln_fidelity_row lln_fidelity_row_from_pair(const lln_row_pair *pair,
                                            double of_p, double of_r);

/* Sets the fields of outputs, pv = P_i V and rv = R_i V [columns]. columns = 0:
 * there are no values, and the cosine is NaN. */
void lln_fidelity_row_outputs(const double *pv, const double *rv,
                              size_t columns, lln_fidelity_row *row);

#endif
