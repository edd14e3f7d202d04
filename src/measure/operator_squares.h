/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums of the squared entries of P, by column. Example: P = (3/4 1/4; 1/4 3/4)
 * has 10/16 in each column, and the squared Frobenius norm 20/16. */
#ifndef LLN_MEASURE_OPERATOR_SQUARES_H
#define LLN_MEASURE_OPERATOR_SQUARES_H

#include "measure/operator.h"

/* squares [m]: sum_i P_ij^2, in one pass over the rows of P, also if the kernel
 * has products of its own. LLN_EINTERRUPTED; the statuses of the attention. */
LLN_NODISCARD lln_status lln_operator_squares(lln_operator *op,
                                              double *squares);

/* The fewest columns whose squares sum to at least `fraction` of the sum of
 * all; `slack`: how much less of that sum suffices, because rounding may take
 * it. Sorts squares [m], which are not negative. NaN: they are all 0, or m = 0.
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_squares_columns(double *squares, size_t m,
                                             double fraction, double slack,
                                             double *columns);

#endif
