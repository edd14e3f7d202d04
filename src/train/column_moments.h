/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moments of the entries of columns, for the running variances of q and k. */
#ifndef LLN_TRAIN_COLUMN_MOMENTS_H
#define LLN_TRAIN_COLUMN_MOMENTS_H

#include "core/matrix.h"

/* Count, mean and sum of squares about the mean (m2) of the columns 0 ..
 * columns - 1 of x, whose rows are `stride` elements apart, in two passes with
 * sums in float64. m3 and m4 are 0. */
lln_moments lln_column_moments(lln_precision precision, size_t rows,
                               size_t columns, size_t stride, const void *x);

#endif
