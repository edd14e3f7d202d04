/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The largest eigenvalues of an operator by the block Krylov-Schur method. It
 * keeps no state: several problems can be solved side by side. */
#ifndef LLN_MEASURE_SPECTRUM_KRYLOV_H
#define LLN_MEASURE_SPECTRUM_KRYLOV_H

#include "measure/spectrum.h"

/* y = operator x; x, y [n x block], row-major. */
typedef lln_status lln_krylov_apply(void *context, const double *x, double *y);

typedef struct {
    size_t n;
    size_t block;  /* columns that are multiplied at a time */
    size_t basis;  /* vectors kept, those of the last block included */
    size_t wanted; /* eigenvalues */
    size_t guard;  /* more of them that have to be known roughly, so that none
                      that is larger is missed */
    size_t look;   /* vectors to add between looks at what has converged, which
                      take a Schur form; 0: fill the basis */
    int restarts;
    double tolerance, floor; /* residual <= tolerance |lambda| + floor */
    bool centred;            /* start with vectors of mean zero, to which the
                                operator leads */
    lln_krylov_apply *apply;
    void *context;
} lln_krylov;

/* values [wanted]: the eigenvalues of largest modulus, largest first; their
 * residuals by a product with the operator; their conditions in the Krylov
 * space, which are estimates; bounds are left infinite. vectors [wanted x 2 n]:
 * real and imaginary parts of an eigenvector of each, or of its conjugate with
 * im > 0; the second half of a real one is not used. The start vectors
 * depend on n and block alone, and so do all results for one operator.
 * LLN_ENOCONV; LLN_ENOMEM; what apply returns.
 * Sources: G. W. Stewart, SIAM J. Matrix Anal. Appl. 23 (2002); Y. Zhou, Y.
 * Saad, Numer. Algorithms 47 (2008). */
LLN_NODISCARD lln_status lln_krylov_solve(const lln_krylov *problem,
                                          lln_eigenvalue *values,
                                          double *vectors);

#endif
