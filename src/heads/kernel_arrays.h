/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays other than queries, keys and values that some kernels need, each under
 * a name: gates, projections, thresholds.
 * Example: with queries [2, 12, 512, 64] in layout bhnd and the list
 * gate=g.npz:gate, an array gate [1, 4, 512, 1] gives every head a [512 x 1]
 * matrix; query heads 6, 7 and 8 use its head 2. */
#ifndef LLN_HEADS_KERNEL_ARRAYS_H
#define LLN_HEADS_KERNEL_ARRAYS_H

#include "heads/layout.h"

typedef struct lln_kernel_arrays lln_kernel_arrays;

/* Opens the arrays of a list NAME=FILE[:KEY],... Their axes are those of the
 * queries (NULL: nd). Without a KEY, the array is the one with the key NAME, or
 * else the only one of its file. KEY may be a pattern (naming.h) with an array
 * for each layer or head.
 * An array of one or two axes, [rows] or [rows x columns], is used for all
 * heads. An array of more axes has the layout of the queries (lln_axes; an axis
 * D has as many heads as the queries), but its own numbers of tokens and
 * features. It has as many batch entries and layers as the queries, or one for
 * all. Its number of heads divides theirs; neighbouring query heads use the
 * same one.
 * LLN_EINVAL: the list is malformed, a name is given twice, or the layout is
 * invalid; LLN_EFORMAT: there is no such array, or it cannot be read; LLN_EIO;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_kernel_arrays_open(const char *text,
                                                const lln_axes *axes,
                                                lln_kernel_arrays **arrays);

/* The same for arrays that only lln_kernel_arrays_tensor is called for, which
 * may be booleans. */
LLN_NODISCARD lln_status
lln_kernel_arrays_open_flags(const char *text, lln_kernel_arrays **arrays);

size_t lln_kernel_arrays_count(const lln_kernel_arrays *arrays);
const char *lln_kernel_arrays_name(const lln_kernel_arrays *arrays,
                                   size_t index);
const char *lln_kernel_arrays_file(const lln_kernel_arrays *arrays,
                                   size_t index);

/* Whether array `index` is one for each head, by {head} in its KEY. */
bool lln_kernel_arrays_by_head(const lln_kernel_arrays *arrays, size_t index);

/* The shape of array `index` for a head, without data. Only the place of the
 * head is read. LLN_EFORMAT: the array has the wrong axes, or no array matches
 * the pattern for this head. */
LLN_NODISCARD lln_status
lln_kernel_arrays_shape(const lln_kernel_arrays *arrays, size_t index,
                        const lln_head *head, lln_matrix *values);

/* The matrix of array `index` for a head, in float64. Its values are not
 * checked. The caller frees values->data. Several threads may load at once.
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
