/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The largest entries of a row, and their order in another. Example: of x = (1,
 * 3, 2, 3), the top 2 keys are 1 and 3. */
#ifndef LLN_MEASURE_ROW_TOP_H
#define LLN_MEASURE_ROW_TOP_H

#include <stddef.h>

/* The most top keys that a row may have. */
enum { LLN_ROW_TOP = 256 };

/* Finds the `top` <= count largest of x [count], top = 1 to LLN_ROW_TOP: keys
 * [top], largest first, the lower key first among equal ones. Returns their
 * number, which is `top` unless x contains NaN. A few passes over x, and O(top)
 * for each value that is among the largest so far. */
size_t lln_row_top_f32(const float *x, size_t count, size_t top, size_t *keys);
size_t lln_row_top_f64(const double *x, size_t count, size_t top, size_t *keys);

/* How many of keys [count] are among others [other_count], both without
 * repetitions and with at most LLN_ROW_TOP elements. */
size_t lln_row_common(const size_t *keys, size_t count, const size_t *others,
                      size_t other_count);

/* Over pairs with r_a > r_b: the fraction with p_a > p_b minus that with p_a <
 * p_b, for r [count] in descending order; NaN if all r are equal. It is
 * Kendall's tau if no entries are equal. Source: Somers (1962), d of p given
 * r. */
double lln_row_order(const double *p, const double *r, size_t count);

#endif
