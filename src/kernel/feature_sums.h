/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Building blocks for r x r sums over rows of features, which are computed a
 * chunk at a time. Chunks form groups, one thread to a group. Sums of groups
 * are added in order, so that the result does not depend on the number of
 * threads. */
#ifndef LLN_KERNEL_FEATURE_SUMS_H
#define LLN_KERNEL_FEATURE_SUMS_H

#include <stddef.h>

enum { LLN_FEATURE_SUMS_CHUNK = 256 };

/* Number of groups for `rows` rows of r features. There are few groups if r x r
 * sums are as large as the features of a group. */
size_t lln_feature_sums_groups(size_t rows, size_t r);

/* Subtracts shift [r] from each row of x [rows x r], in place. */
void lln_feature_sums_subtract(double *x, const double *shift, size_t rows,
                               size_t r);

/* sum [r] += the rows of x [rows x r]. */
void lln_feature_sums_add(const double *x, size_t rows, size_t r, double *sum);

#endif
