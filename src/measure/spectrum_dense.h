/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spectra of stored matrices, by LAPACK. */
#ifndef LLN_MEASURE_SPECTRUM_DENSE_H
#define LLN_MEASURE_SPECTRUM_DENSE_H

#include "measure/spectrum_internal.h"

lln_spectrum_run lln_spectrum_dense;

typedef struct {
    const double *entries; /* [n x n], row-major */
    size_t n;
    bool stochastic; /* rows sum to 1, so that the eigenvalue 1 is known */
    double rounding; /* see lln_block */
} lln_square;

/* Eigenvalues of a matrix, component by component, with residuals, conditions
 * and bounds, in out->eigenvalues[known ..]. */
LLN_NODISCARD lln_status lln_spectrum_matrix(const lln_square *matrix,
                                             lln_spectrum *out);

#endif
