/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Causal attention by a recurrence whose state decays,
 *     P_ts = sum_l left_tl right_sl gate_(s+1)l ... gate_tl,   s <= t,
 * in float64. Gates are only multiplied, never divided by, so nothing overflows
 * however fast the state decays. A row is computed from the query backwards, in
 * O(n rank) time; products take O(n rank columns) time. Example, rank 1, all
 * left and right 1, all gates 1/2: row t = 2 of P is (1/4, 1/2, 1). */
#ifndef LLN_KERNEL_GATED_GATED_H
#define LLN_KERNEL_GATED_GATED_H

#include "kernel/parameters.h"

typedef struct {
    size_t n, rank;
    double *left, *right; /* [n x rank] */
    double *gate;         /* [n x rank], in [0, 1]; the first row is not used */
    double *inverse;      /* [n], factors of the rows; NULL: 1 */
} lln_gated;

/* Allocates everything except `inverse`. The caller fills the arrays.
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_gated_alloc(size_t n, size_t rank,
                                         lln_gated *gated);
void lln_gated_free(lln_gated *gated);

/* y = P x and y = P'x, both [n x columns], in the precision of x. Threads
 * process groups of tokens; each group starts from the state at the end of the
 * one before it. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_gated_product(const lln_gated *gated, lln_matrix x,
                                           void *y);
LLN_NODISCARD lln_status lln_gated_transposed(const lln_gated *gated,
                                              lln_matrix x, void *y);

/* Checks that n = m, which these kernels need. LLN_EINVAL: it is not. */
LLN_NODISCARD lln_status lln_gated_check(const lln_kernel_choice *choice,
                                         const lln_head *head);

/* out [n x columns] = logistic of the array `name` or, if it was not given,
 * `constant`. The array is [n x columns], or [n x 1] or [1 x n] with one value
 * for all columns of a row. LLN_EINVAL: another shape. */
LLN_NODISCARD lln_status lln_gated_read(const lln_kernel_choice *choice,
                                        const char *name, size_t n,
                                        size_t columns, double constant,
                                        double *out);

/* The same to the power 1/root. */
LLN_NODISCARD lln_status lln_gated_read_root(const lln_kernel_choice *choice,
                                             const char *name, size_t n,
                                             size_t columns, double constant,
                                             double root, double *out);

/* ln(1 / (1 + exp(-x))) */
double lln_log_logistic(double x);

/* Makes the attention, which owns `gated` from now on, whatever the status. If
 * `normalise`, divides rows by their sums; a row with sum 0 is zero. If not, or
 * with such a row, the attention is unnormalised. LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_gated_open(lln_gated *gated, lln_mask mask,
                                        bool normalise,
                                        lln_attention *attention);

#endif
