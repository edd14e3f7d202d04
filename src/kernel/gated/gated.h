/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Causal attention by a recurrence whose state decays,
 *     P_ts = sum_l left_tl right_sl gate_(s+1)l ... gate_tl,   s <= t,
 * in float64. Gates are multiplied, and never divided by, so that nothing
 * overflows however fast the state decays. Rows are made by going back from
 * the query, in O(n rank) time each; products take O(n rank columns) time. */
#ifndef LLN_KERNEL_GATED_GATED_H
#define LLN_KERNEL_GATED_GATED_H

#include "kernel/parameters.h"

typedef struct {
    size_t n, rank;
    double *left, *right; /* [n x rank] */
    double *gate;         /* [n x rank], in [0, 1]; the first row is not used */
    double *inverse;      /* [n], by which rows are multiplied; NULL: 1 */
} lln_gated;

/* Allocates all but `inverse`; to be filled by the caller. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_gated_alloc(size_t n, size_t rank,
                                         lln_gated *gated);
void lln_gated_free(lln_gated *gated);

/* y = P x and y = P'x, both [n x columns], in the precision of x. Threads share
 * out groups of tokens, in which states begin with what was before them.
 * LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_gated_product(const lln_gated *gated, lln_matrix x,
                                           void *y);
LLN_NODISCARD lln_status lln_gated_transposed(const lln_gated *gated,
                                              lln_matrix x, void *y);

/* What such kernels ask for. LLN_EINVAL: as many queries as keys. */
LLN_NODISCARD lln_status lln_gated_check(const lln_kernel_choice *choice,
                                         const lln_head *head);

/* out [n x columns] = logistic of the array `name`, [n x columns] or, for all
 * columns alike, [n x 1] or [1 x n]; where it was not given `constant`.
 * LLN_EINVAL: another shape. */
LLN_NODISCARD lln_status lln_gated_read(const lln_kernel_choice *choice,
                                        const char *name, size_t n,
                                        size_t columns, double constant,
                                        double *out);

/* The attention, which owns `gated` from now on, whatever the status. Divides
 * rows by their sums if `normalise`; a row with the sum 0 is zero. Not
 * normalised, or with such a row, it is unnormalised. LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_gated_open(lln_gated *gated, lln_mask mask,
                                        bool normalise,
                                        lln_attention *attention);

#endif
