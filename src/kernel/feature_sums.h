/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Parts of r x r sums over rows of features, which are made a chunk at a time.
 * Chunks stand in groups, which threads share out; what groups sum is added in
 * their order, so that it does not depend on the number of threads. */
#ifndef LLN_KERNEL_FEATURE_SUMS_H
#define LLN_KERNEL_FEATURE_SUMS_H

#include <stddef.h>

enum { LLN_FEATURE_SUMS_CHUNK = 256 };

/* Groups for `rows` rows of r features: few, where r x r sums are as large as
 * the features of a group. */
size_t lln_feature_sums_groups(size_t rows, size_t r);

/* x [rows x r] less shift [r], in place. */
void lln_feature_sums_subtract(double *x, const double *shift, size_t rows,
                               size_t r);

/* sum [r] += the rows of x [rows x r]. */
void lln_feature_sums_add(const double *x, size_t rows, size_t r, double *sum);

#endif
