/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The largest eigenvalues of an operator by the block Krylov-Schur method. It
 * keeps no state between calls. */
#ifndef LLN_MEASURE_SPECTRUM_KRYLOV_H
#define LLN_MEASURE_SPECTRUM_KRYLOV_H

#include "measure/spectrum.h"

/* y = operator x; x, y [n x block], row-major. */
typedef lln_status lln_krylov_apply(void *context, const double *x, double *y);

typedef struct {
    size_t n;
    size_t block;  /* columns multiplied at a time */
    size_t basis;  /* vectors stored, including the last block */
    size_t wanted; /* eigenvalues */
    size_t guard;  /* additional eigenvalues that must be known roughly, so that
                      no larger one is missed */
    size_t look;   /* vectors to add between checks of convergence, which need a
                      Schur form; 0: fill the basis */
    int restarts;
    bool hasty;              /* fail as soon as `restarts` seem too few */
    double tolerance, floor; /* residual <= tolerance |lambda| + floor */
    bool centred; /* start with vectors of mean zero, as the operator's results
                     are */
    lln_krylov_apply *apply;
    void *context;
} lln_krylov;

/* values [wanted]: the eigenvalues of largest modulus, largest first. Their
 * residuals are from a product with the operator, their conditions are
 * estimates in the Krylov space, and their bounds are infinite. vectors [wanted
 * x 2 n]: real and imaginary parts of an eigenvector of each, or of its
 * conjugate with im > 0; for a real eigenvalue the second half is not used. The
 * start vectors depend only on n and block, and so do all results for one
 * operator.
 * LLN_ENOCONV; LLN_ENOMEM; the statuses of apply.
 * Sources: G. W. Stewart, SIAM J. Matrix Anal. Appl. 23 (2002); Y. Zhou, Y.
 * Saad, Numer. Algorithms 47 (2008). */
LLN_NODISCARD lln_status lln_krylov_solve(const lln_krylov *problem,
                                          lln_eigenvalue *values,
                                          double *vectors);

#endif
