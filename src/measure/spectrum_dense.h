/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spectra of stored matrices, by LAPACK. */
#ifndef LLN_MEASURE_SPECTRUM_DENSE_H
#define LLN_MEASURE_SPECTRUM_DENSE_H

#include "measure/spectrum_internal.h"

lln_spectrum_run lln_spectrum_dense;

/* Eigenvalues of a matrix, deflated if one is known, [n x n], row-major, with
 * residuals. */
LLN_NODISCARD lln_status lln_spectrum_matrix(const double *matrix, size_t n,
                                             lln_spectrum *out);

#endif
