/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The triangular factor R of a tall matrix X = Q R, from chunks of its rows. R
 * has the singular values of X; unlike X'X, it keeps all digits of the small
 * ones. */
#ifndef LLN_MEASURE_TRIANGULAR_H
#define LLN_MEASURE_TRIANGULAR_H

#include <stddef.h>

#include "core/status.h"

/* Doubles of scratch for chunks of up to `rows` rows of r entries. */
size_t lln_triangular_work(size_t rows, size_t r);

/* The upper triangular factor of [triangle; x], x [rows x r], replaces triangle
 * [r x r], which is zero at first. work: scratch of lln_triangular_work
 * doubles. LLN_ENOCONV: LAPACK failed; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_triangular_append(double *triangle,
                                               const double *x, size_t rows,
                                               size_t r, double *work);

#endif
