/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Eigenvalues of a block of a stored matrix that is strongly connected, with
 * what rounding may have done to them. */
#ifndef LLN_MEASURE_SPECTRUM_IRREDUCIBLE_H
#define LLN_MEASURE_SPECTRUM_IRREDUCIBLE_H

#include "measure/spectrum.h"

/* Entries of `members` [order] of a matrix [columns x columns], row-major. */
typedef struct {
    const double *matrix;
    size_t columns;
    const size_t *members;
    size_t order;
    bool stochastic; /* rows sum to 1: one eigenvalue 1 is left out */
    double rounding; /* of an entry, relative to the norm of the matrix */
} lln_block;

/* Eigenvalues of the block, by modulus: `values` [order] receives order, or
 * one less if it is stochastic. Of the first `wanted` and of those that may
 * exceed them residual, condition and bound are found; the others have
 * infinite ones. The matrix is scaled to a nearly normal one first, in up to
 * two ways. work: scratch [2 x order x order]. LLN_ENOMEM; LLN_ENOCONV. */
LLN_NODISCARD lln_status lln_block_eigenvalues(const lln_block *block,
                                               size_t wanted, double *work,
                                               lln_eigenvalue *values);

#endif
