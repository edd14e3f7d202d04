/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays that the user gives to a kernel in addition to the head (--arrays),
 * and their checks against the table of the kernel. Example: gla takes an array
 * "gate" [n x d], [n x 1] or [1 x n]. */
#ifndef LLN_KERNEL_ARRAYS_H
#define LLN_KERNEL_ARRAYS_H

#include "kernel/parameters.h"

/* The entry of that name in the kernel's table, or NULL if there is none. */
const lln_kernel_array_row *lln_kernel_array_find(const lln_kernel *kernel,
                                                  const char *name);

/* Writes the shapes that an array may have to text [size], cut if longer: "[n x
 * d] or [n x 1]". */
void lln_kernel_shapes_text(const lln_kernel_array_row *row, char *text,
                            size_t size);

/* Checks the given arrays that the kernel takes: their shapes against the sizes
 * of the head and, if they have data, their values. Only the numbers of rows
 * and columns of the head are read. lln_kernel_open calls it.
 * LLN_EINVAL: a wrong shape, an array without the one that must accompany it,
 * NaN, or an infinite value in an array that must be finite. */
LLN_NODISCARD lln_status
lln_kernel_check_arrays(const lln_kernel_choice *choice, const lln_head *head);

/* The array of that name, already checked; it has no data if it was not given.
 * LLN_EINVAL: the kernel's table has no such name, which is an error in the
 * kernel. */
LLN_NODISCARD lln_status lln_kernel_array_values(
    const lln_kernel_choice *choice, const char *name, lln_matrix *values);

#endif
