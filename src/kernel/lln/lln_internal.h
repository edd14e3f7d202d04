/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to lln*.c. */
#ifndef LLN_KERNEL_LLN_LLN_INTERNAL_H
#define LLN_KERNEL_LLN_LLN_INTERNAL_H

#include "core/vector_math.h"
#include "kernel/attention.h"
#include "kernel/gated/gated.h"
#include "kernel/row_math.h"

/* The state of the attention. Notation: x = alpha q, y = beta k. */
typedef struct {
    double alpha, beta;
    lln_matrix q, k;
    double *top;           /* max_j y_jl [d] */
    double *norm;          /* ln sum_j exp(y_jl) [d], without a mask */
    double spread;         /* max_l (max_j y_jl - min_j y_jl) */
    double query_spread;   /* the same of x */
    void *right;           /* [m x d], made by prepare */
    lln_gated *recurrence; /* NULL: not needed so far */
} lln_state;

/* The largest spread with which float32 holds S_ij = sum_l u_il w_jl, u and w
 * at most 1. S_ij is at least exp(-spread) and at most d, and what the
 * streaming pass takes logs of is S_ij over the largest of its row,
 * exp(-spread)/d or more: a normal number for d up to 4096. Products lost to
 * underflow are then below exp(-103 + 75) of S_ij. A causal product in float32
 * leaves half of the range of exponents for what is multiplied. */
#define LLN_SPREAD_F32 75.0

/* Number l of an array that is float32 if `single`, else float64. */
LLN_INLINE double lln_lln_number(const void *x, bool single, size_t l)
{
    return single ? (double)((const float *)x)[l] : ((const double *)x)[l];
}

/* Waking threads takes longer than scanning a small matrix. */
static inline bool lln_lln_worth_threads(lln_matrix a)
{
    return a.rows * a.columns > 1 << 17;
}

/* Fills in top, both spreads and, unless a mask leaves it unused, norm.
 * LLN_EINVAL: alpha q and beta k reach 1e300 together; the message begins with
 * the name. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_lln_scan(lln_state *state, const char *name,
                                      lln_mask mask);

/* P_ii of causal attention, also with a window; out [n]. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_lln_causal_diagonal(const lln_attention *attention,
                                                 double *out);

/* Sets product and transposed, without a mask or with a plain causal one. */
void lln_lln_set_products(lln_attention *attention);

/* The same for causal attention with keys of any spread, and its release. */
void lln_lln_set_recurrence(lln_attention *attention);
void lln_lln_free_recurrence(lln_state *state);

#endif
