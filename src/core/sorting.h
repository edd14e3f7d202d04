/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ascending order of numbers: comparisons for qsort and bsearch, and sorting.
 */
#ifndef LLN_CORE_SORTING_H
#define LLN_CORE_SORTING_H

#include <stddef.h>

#include "core/status.h"

/* Compare two size_t, or two doubles, neither of them NaN. */
int lln_compare_sizes(const void *first, const void *second);
int lln_compare_reals(const void *first, const void *second);

/* Sorts numbers [count] and removes repetitions; returns how many are left. */
size_t lln_sort_unique(size_t *numbers, size_t count);

/* Sorts values [count], none of them NaN, by radix: in a time proportional to
 * count, which is least if they are not crowded in a small part of their range.
 * Needs memory for twice as many. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_sort_reals(double *values, size_t count);

#endif
