/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arrays that kernels take in addition to the head: --arrays and --gate. */
#ifndef LLN_TOOLS_ARRAYS_H
#define LLN_TOOLS_ARRAYS_H

#include "heads/kernel_arrays.h"
#include "selection.h"

/* Opens the arrays that the shared options name; NULL: none. Ends the process
 * if they cannot be read, or if no kernel takes an array of that name. */
lln_kernel_arrays *kernel_arrays_open(const kernel_list *kernels, bool sampled);

/* Checks the shapes of the arrays for all heads against the tables of the
 * kernels. Ends the process on bad usage. NULL is a legal `files`. */
void kernel_arrays_check(const lln_kernel_arrays *files,
                         const kernel_list *kernels, const lln_heads *heads);

/* The arrays for one head, as matrices. */
typedef struct {
    lln_kernel_array *items; /* [count], owned */
    void **data;             /* [count], data of the items, owned */
    size_t count;
} kernel_arrays;

/* `files` may be NULL: there are no arrays. LLN_EFORMAT: an array does not fit
 * the head; LLN_ENOMEM. */
LLN_NODISCARD lln_status kernel_arrays_load(const lln_kernel_arrays *files,
                                            const lln_head *head,
                                            kernel_arrays *arrays);
void kernel_arrays_free(kernel_arrays *arrays);

#endif
