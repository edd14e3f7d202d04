/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Selection of the largest values of a row. */
#ifndef LLN_KERNEL_SPARSE_TOP_KEYS_H
#define LLN_KERNEL_SPARSE_TOP_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* keys = the indices, ascending, of the k <= count largest of x [count]. Of
 * equal values the one with the lower index is taken. O(count) time, and O(log
 * k) for each value that is among the k largest so far. */
void lln_top_keys(const double *x, size_t count, size_t k, uint32_t *keys);

/* Comparison of two keys (uint32_t) for qsort and bsearch. */
int lln_compare_keys(const void *a, const void *b);

#endif
