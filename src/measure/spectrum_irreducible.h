/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Eigenvalues of a strongly connected block of a stored matrix, with bounds of
 * their rounding errors. */
#ifndef LLN_MEASURE_SPECTRUM_IRREDUCIBLE_H
#define LLN_MEASURE_SPECTRUM_IRREDUCIBLE_H

#include "measure/spectrum.h"

/* Entries `members` [order] of the rows and columns of a matrix [columns x
 * columns], row-major. */
typedef struct {
    const double *matrix;
    size_t columns;
    const size_t *members;
    size_t order;
    bool stochastic; /* rows sum to 1; one eigenvalue 1 is left out */
    double rounding; /* of an entry, relative to the norm of the matrix */
} lln_block;

/* Eigenvalues of the block by modulus, largest first: `values` [order] receives
 * order, or one less if it is stochastic. Residual, condition and bound are
 * computed for the first `wanted` and for those that may be larger; for the
 * others they are infinite. The matrix is first scaled to be nearly normal, in
 * up to two ways. work: scratch [2 x order x order].
 * LLN_ENOMEM; LLN_ENOCONV. */
LLN_NODISCARD lln_status lln_block_eigenvalues(const lln_block *block,
                                               size_t wanted, double *work,
                                               lln_eigenvalue *values);

#endif
