/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The part of an array that is for the queries and keys of a head. */
#ifndef LLN_HEADS_LOGIT_GRID_H
#define LLN_HEADS_LOGIT_GRID_H

#include "heads/heads.h"

/* The axes of an array. */
typedef struct {
    const char *name; /* for messages */
    size_t axes;
    const size_t *shape, *strides; /* [axes] */
} lln_grid_axes;

/* Finds the matrix of a described head in an array [n, m], [heads, n, m] or
 * [batch or layers, heads, n, m], where axes of size 1 are for all; n and m
 * count padding, which the slice leaves out. LLN_EINVAL: another shape. */
LLN_NODISCARD lln_status lln_grid_find(const lln_grid_axes *array,
                                       const lln_head *head,
                                       lln_tensor_slice *slice);

/* The place of a head in an array of `count` heads of the model; false: the
 * head has no place in it. */
bool lln_grid_head(const lln_head *head, size_t count, size_t *index);

/* Queries and keys of the arrays of a head, with padding. */
size_t lln_grid_queries(const lln_head *head);
size_t lln_grid_keys(const lln_head *head);

#endif
