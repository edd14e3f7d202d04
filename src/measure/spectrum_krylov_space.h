/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to spectrum_krylov*.c: a Krylov space of an operator M and its
 * projection, M V = V T + W S. V has `used` orthonormal columns, W is the next
 * block. */
#ifndef LLN_MEASURE_SPECTRUM_KRYLOV_SPACE_H
#define LLN_MEASURE_SPECTRUM_KRYLOV_SPACE_H

#include "measure/spectrum_krylov.h"

typedef struct {
    const lln_krylov *problem;
    size_t n, b, width; /* width: of v, the basis */
    size_t used, drawn; /* drawn: number of random vectors */
    double *v;          /* [n x width], row-major */
    double *h;          /* column j of [T; S] at h + j width */
    double *x, *y;      /* [n x b] */
    double *c;          /* [width x b] */
    double *column;     /* [n] */
    double *t, *q; /* Schur form and vectors, column-major, [used x used] */
    double *left, *right;
    double *s; /* S in Schur vectors, column j at s + j b */
    double *re, *im;
    lln_eigenvalue *sorted; /* the residual is the index */
    double scale;           /* length of the longest product so far */
    double *memory;
} lln_krylov_space;

/* Sets V to a block of random orthonormal vectors. */
void lln_krylov_space_start(lln_krylov_space *k);

/* y = M x; updates the length of the longest product. The statuses of apply. */
LLN_NODISCARD lln_status lln_krylov_space_multiply(lln_krylov_space *k);

/* Multiplies the last block and adds it to V, with its columns of T. The
 * statuses of apply. */
LLN_NODISCARD lln_status lln_krylov_space_expand(lln_krylov_space *k);

#endif
