/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Errors of Fenton's approximation and of the published line, compared with the
 * exact log-variances of LLN attention. */
#ifndef LLN_THEORY_FENTON_ACCURACY_H
#define LLN_THEORY_FENTON_ACCURACY_H

#include <stddef.h>

#include "core/status.h"

/* At one s2 = (alpha sigma_q)^2 + (beta sigma_k)^2, with both terms equal. */
typedef struct {
    double exact_mean, exact_variance;   /* of ln S, one score */
    double fenton_mean, fenton_variance; /* Fenton's, of the same */
    double variance_error;               /* fenton/exact - 1 */
    double log_variance_row; /* exact within-row log-variance D2 of ln P, many
                                tokens */
    double log_variance;     /* exact overall log-variance D1 */
    double fenton_row_variance; /* Fenton's with the row normaliser */
    double paper_line;          /* the published line */
} lln_theory_accuracy;

/* d: features, 1 ..; s2 > 0, see lln_theory_lln for how large it may be.
 * Statuses are those of the functions it calls: lln_theory_sum_cumulants,
 * lln_theory_fenton, lln_theory_fenton_row, lln_theory_lln. */
LLN_NODISCARD lln_status lln_theory_fenton_accuracy(size_t d, double s2,
                                                    lln_theory_accuracy *out);

#endif
