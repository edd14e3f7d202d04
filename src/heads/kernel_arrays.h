/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays beside queries, keys and values that some kernels take, each under a
 * name: gates, projections, thresholds. */
#ifndef LLN_HEADS_KERNEL_ARRAYS_H
#define LLN_HEADS_KERNEL_ARRAYS_H

#include "heads/layout.h"

typedef struct lln_kernel_arrays lln_kernel_arrays;

/* Opens the arrays of a list NAME=FILE[:KEY],..., axes as those of the queries
 * (NULL: nd); without a KEY an array is the
 * only one of its file, or has the key NAME. KEY may be a pattern, as in
 * naming.h, for an array for each layer or head. An array
 *   of one or two axes is the same for all heads, [rows] or [rows x columns];
 *   of more has the layout of the queries (lln_axes; heads in an axis D are as
 *   many as theirs), with tokens and features of its own. Batch entries and
 * layers are as many as theirs, or one for all, and heads a divisor of theirs,
 * of which neighbours share them. LLN_EINVAL: no such list, a name twice, or
 * not a layout; LLN_EFORMAT: no such array, or it cannot be read; LLN_EIO;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_kernel_arrays_open(const char *text,
                                                const lln_axes *axes,
                                                lln_kernel_arrays **arrays);

size_t lln_kernel_arrays_count(const lln_kernel_arrays *arrays);
const char *lln_kernel_arrays_name(const lln_kernel_arrays *arrays,
                                   size_t index);
const char *lln_kernel_arrays_file(const lln_kernel_arrays *arrays,
                                   size_t index);

/* The shape of array `index` for a head: *values without data. Of the head
 * only its place is read. LLN_EFORMAT: the array has other axes than it
 * should, or a pattern finds none for this head. */
LLN_NODISCARD lln_status
lln_kernel_arrays_shape(const lln_kernel_arrays *arrays, size_t index,
                        const lln_head *head, lln_matrix *values);

/* The matrix of array `index` for a head, in float64, its numbers unchecked;
 * values->data is to be freed by the caller. Several threads may load at once.
 * LLN_EFORMAT: as above; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_kernel_arrays_load(const lln_kernel_arrays *arrays,
                                                size_t index,
                                                const lln_head *head,
                                                lln_matrix_output *values);

/* Array `index` as it is in the file, for a head, of which only the numbers of
 * layer and head are read; its name for messages is written to name [size].
 * LLN_EFORMAT: a pattern finds none for this head. */
LLN_NODISCARD lln_status lln_kernel_arrays_tensor(
    const lln_kernel_arrays *arrays, size_t index, const lln_head *head,
    char *name, size_t size, lln_tensor *tensor);

/* NULL is legal. */
void lln_kernel_arrays_free(lln_kernel_arrays *arrays);

#endif
