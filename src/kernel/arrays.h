/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arrays that a kernel takes beside the head, found by name and checked
 * for their shape. */
#ifndef LLN_KERNEL_ARRAYS_H
#define LLN_KERNEL_ARRAYS_H

#include "kernel/parameters.h"

/* Whether an array of that name was given. */
bool lln_kernel_has_array(const lln_kernel_choice *choice, const char *name);

/* The array of that name, which must be [rows x columns]; 0: any number.
 * LLN_EINVAL: it was not given, or has another shape. */
LLN_NODISCARD lln_status lln_kernel_find_array(const lln_kernel_choice *choice,
                                               const char *name, size_t rows,
                                               size_t columns,
                                               lln_matrix *values);

/* Likewise, of numbers to multiply with. LLN_EINVAL: one is infinite, too. */
LLN_NODISCARD lln_status lln_kernel_find_finite(const lln_kernel_choice *choice,
                                                const char *name, size_t rows,
                                                size_t columns,
                                                lln_matrix *values);

/* The array of that name, [n x 1] or [1 x n], as out [n]. LLN_EINVAL. */
LLN_NODISCARD lln_status lln_kernel_find_vector(const lln_kernel_choice *choice,
                                                const char *name, size_t n,
                                                double *out);

#endif
