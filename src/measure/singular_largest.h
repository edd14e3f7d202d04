/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The largest singular value of P or P~, by Lanczos iteration on P'P from one
 * vector. */
#ifndef LLN_MEASURE_SINGULAR_LARGEST_H
#define LLN_MEASURE_SINGULAR_LARGEST_H

#include "measure/operator.h"

/* sigma1 of P or, with `centred`, of P~, with a relative error of at most
 * tolerance / 2. For a vector v of norm
 * 1 and r = ||P'P v - sigma1^2 v||, sigma1^2 is within r of the square of a
 * singular value, and within r^2 / gap, with gap its distance from the others,
 * for which the next Ritz value and its residual give a lower bound. The
 * iteration stops at r <= tolerance sigma1^2 or at r^2 / gap <= tolerance
 * sigma1^2 / 100. The first vector has equal entries, which cannot be
 * orthogonal to the top vector of a P without negative entries; else random
 * numbers are added. *sigma1 is NaN after `passes` over P. m >= 3.
 * LLN_ENOMEM; LLN_ENOCONV: LAPACK failed; LLN_EINTERRUPTED.
 * Source: B. N. Parlett, The Symmetric Eigenvalue Problem (1998), 11.7. */
LLN_NODISCARD lln_status lln_singular_largest(lln_operator *op, bool centred,
                                              double tolerance, int passes,
                                              double *sigma1);

#endif
