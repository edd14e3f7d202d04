/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The choice of the largest numbers of a row. */
#ifndef LLN_KERNEL_SPARSE_TOP_KEYS_H
#define LLN_KERNEL_SPARSE_TOP_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* keys = the indices, ascending, of the k <= count largest of x [count]; of
 * equal ones those with the lower index. O(count) time, and O(log k) for each
 * that comes to be among the largest so far. */
void lln_top_keys(const double *x, size_t count, size_t k, uint32_t *keys);

/* For qsort and bsearch: the order of two keys, uint32_t each. */
int lln_compare_keys(const void *a, const void *b);

#endif
