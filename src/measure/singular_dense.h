/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Singular values of stored matrices, by LAPACK. */
#ifndef LLN_MEASURE_SINGULAR_DENSE_H
#define LLN_MEASURE_SINGULAR_DENSE_H

#include "measure/singular.h"

/* The `count` <= min(n, m) largest singular values of a [n x m], row-major,
 * with residuals. LLN_ENOMEM; LLN_ENOCONV. */
LLN_NODISCARD lln_status lln_singular_matrix(const double *a, size_t n,
                                             size_t m, size_t count,
                                             lln_singular_value *values);

/* All min(n, m) singular values of a [n x m], row-major, largest first, without
 * vectors; a is overwritten. LLN_ENOMEM; LLN_ENOCONV. */
LLN_NODISCARD lln_status lln_singular_matrix_all(double *a, size_t n, size_t m,
                                                 double *sigma);

/* Those of P, sigma [min(n, m)]. `memory`: bytes that P may take; LLN_ETOOBIG:
 * it needs more. */
LLN_NODISCARD lln_status lln_singular_dense_all(lln_attention *attention,
                                                size_t memory, double *sigma);

/* Those of P and P~. LLN_ETOOBIG: more memory than allowed is needed. */
LLN_NODISCARD lln_status lln_singular_dense(lln_attention *attention,
                                            const lln_singular_options *options,
                                            lln_singular *out);

#endif
