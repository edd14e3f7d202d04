/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arrays that a kernel takes beside the head, checked against the table of
 * the kernel. */
#ifndef LLN_KERNEL_ARRAYS_H
#define LLN_KERNEL_ARRAYS_H

#include "kernel/parameters.h"

/* The row of that name in the kernel's table; NULL: there is none. */
const lln_kernel_array_row *lln_kernel_array_find(const lln_kernel *kernel,
                                                  const char *name);

/* Writes the shapes of a row to text [size], cut if longer:
 * "[n x d], [n x 1]". */
void lln_kernel_shapes_text(const lln_kernel_array_row *row, char *text,
                            size_t size);

/* Checks the given arrays that the kernel takes: their shapes against the
 * sizes of the head, and their numbers unless an array has no data. Of the
 * head only rows and columns are read. lln_kernel_open calls it. LLN_EINVAL:
 * another shape, an array without the one that goes with it, NaN, or
 * infinity where the kernel does not use it. */
LLN_NODISCARD lln_status
lln_kernel_check_arrays(const lln_kernel_choice *choice, const lln_head *head);

/* The array of that name, checked before; without data if it was not given.
 * LLN_EINVAL: no row of the kernel has that name, an error in the kernel. */
LLN_NODISCARD lln_status lln_kernel_array_values(
    const lln_kernel_choice *choice, const char *name, lln_matrix *values);

#endif
