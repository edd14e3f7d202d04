/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Singular values from nearly right singular vectors, without the square of the
 * operator, whose rounding would hide values below 1e-8 of the largest. */
#ifndef LLN_MEASURE_SINGULAR_VECTORS_H
#define LLN_MEASURE_SINGULAR_VECTORS_H

#include "measure/operator_columns.h"
#include "measure/singular.h"

typedef struct {
    size_t wanted;
    int passes;       /* over P, before the values are taken as they are */
    double tolerance; /* residual of a value, relative to the value */
    double norm;      /* of P, which products round by; 0: that of A */
} lln_singular_search;

/* v [count x m]: orthonormal rows, which span nearly the right singular vectors
 * of the largest values; overwritten. values [how->wanted]: the singular values
 * of A = P or P~ on that space, with residuals. Up to 3 steps V = orth(A'A V)
 * of subspace iteration improve them. wanted <= count <= n, m.
 * LLN_ENOMEM; LLN_ENOCONV: LAPACK failed; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_singular_vectors(lln_columns *by,
                                              const lln_singular_search *how,
                                              double *v, size_t count,
                                              lln_singular_value *values);

#endif
