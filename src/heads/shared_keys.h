/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Features of keys that all heads of a layer share: in latent attention the
 * projection of a head gives the first features of its keys, and the last ones,
 * which rotary embedding turns, are the same for all heads.
 * Example: queries [2, 16, 512, 192] and keys [2, 16, 512, 128] with the layout
 * bhnd, and shared features [2, 512, 64], give keys of 192 features. */
#ifndef LLN_HEADS_SHARED_KEYS_H
#define LLN_HEADS_SHARED_KEYS_H

#include "heads/kernel_arrays.h"
#include "heads/shapes.h"

typedef struct lln_shared_keys lln_shared_keys;

/* Opens the array of a list k_rope=FILE[:KEY]; KEY may have {layer}. Statuses
 * are those of lln_kernel_arrays_open. */
LLN_NODISCARD lln_status lln_shared_keys_open(const char *list,
                                              lln_shared_keys **shared);

/* NULL is legal. */
void lln_shared_keys_free(lln_shared_keys *shared);

/* Whether the array for a head has elements of float64. */
bool lln_shared_keys_are_double(const lln_shared_keys *shared,
                                const lln_head *head);

/* Checks that the array fits a described head of arrays with this shape, whose
 * keys lack some of k.columns features, and that its numbers are finite. Its
 * axes are those of the keys, in the same order, but without that of heads;
 * axes of size 1 may be left out or added. LLN_EINVAL: another shape;
 * LLN_EFORMAT; LLN_EIO. */
LLN_NODISCARD lln_status lln_shared_keys_check(const lln_shared_keys *shared,
                                               const lln_bundle_shape *shape,
                                               const lln_head *head);

/* Adds the features to k [k.rows x k.columns], which begins with the other ones
 * row by row without gaps, of a head that was checked. LLN_EUNDEFINED: a number
 * beyond the range of float32; LLN_EIO. */
LLN_NODISCARD lln_status lln_shared_keys_add(const lln_shared_keys *shared,
                                             const lln_bundle_shape *shape,
                                             const lln_head *head,
                                             const lln_matrix_output *k);

#endif
