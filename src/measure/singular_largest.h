/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The largest singular value of P, by Lanczos iteration on P'P from one
 * vector. */
#ifndef LLN_MEASURE_SINGULAR_LARGEST_H
#define LLN_MEASURE_SINGULAR_LARGEST_H

#include "measure/operator.h"

/* sigma1 with ||P'P v - sigma1^2 v|| <= tolerance sigma1^2 for a vector v of
 * norm 1: the relative error of a singular value is at most tolerance / 2. The
 * first vector has equal entries, which cannot be orthogonal to the top vector
 * of a P without negative entries; if P may have some, random numbers are
 * added. *sigma1 is NaN after `passes` over P. m >= 3. LLN_ENOMEM; LLN_ENOCONV:
 * LAPACK failed; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_singular_largest(lln_operator *op,
                                              double tolerance, int passes,
                                              double *sigma1);

#endif
