/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The largest singular values of an operator, by block Lanczos iteration on its
 * square with all vectors kept orthogonal. */
#ifndef LLN_MEASURE_SINGULAR_LANCZOS_H
#define LLN_MEASURE_SINGULAR_LANCZOS_H

#include "measure/singular_vectors.h"

/* Vectors of a block for P of m columns. They take 16 groups of rows x m x 8
 * bytes each, and the basis as much. */
size_t lln_singular_block(size_t m);

/* Bytes of all vectors and small matrices, for P of n rows and m columns. */
double lln_singular_lanczos_bytes(size_t n, size_t m, size_t block,
                                  size_t wanted);

/* values [wanted]: the largest singular values of A = P or P~, with residuals
 * that show whether they converged. min(n, m) >= wanted + 128. Vectors at a
 * time: by->most. The start vectors depend only on their number and length.
 * LLN_ENOMEM; LLN_ENOCONV: LAPACK failed; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_singular_lanczos(lln_columns *by,
                                              const lln_singular_search *how,
                                              lln_singular_value *values);

#endif
