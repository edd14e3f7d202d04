/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to lln*.c. */
#ifndef LLN_KERNEL_LLN_LLN_INTERNAL_H
#define LLN_KERNEL_LLN_LLN_INTERNAL_H

#include "core/vector_math.h"
#include "kernel/attention.h"
#include "kernel/gated/gated.h"
#include "kernel/row_math.h"

/* State of the attention. Notation: x = alpha q, y = beta k. */
typedef struct {
    double alpha, beta;
    lln_matrix q, k;
    double *top;  /* max_j y_jl [d] */
    double *norm; /* of lln_lln_norm [d] */
    double *part; /* scratch of it [d] */
    bool has_norm;
    double spread;         /* max_l (max_j y_jl - min_j y_jl) */
    double query_spread;   /* max_l (max_i x_il - min_i x_il) */
    void *right;           /* [m x d], set by prepare */
    lln_gated *recurrence; /* NULL: not needed yet */
} lln_state;

/* The largest spread for which float32 can represent S_ij = sum_l u_il w_jl,
 * with u and w at most 1. S_ij is at least exp(-spread) and at most d. The
 * streaming pass takes logarithms of S_ij divided by the largest of its row,
 * which is at least exp(-spread)/d: a normal number for d up to 4096. Products
 * lost to underflow are below exp(-103 + 75) of S_ij. In a causal float32
 * product, half of the range of exponents remains for x. */
#define LLN_SPREAD_F32 75.0

/* Element l of an array that is float32 if `single`, else float64. */
LLN_INLINE double lln_lln_number(const void *x, bool single, size_t l)
{
    return single ? (double)((const float *)x)[l] : ((const double *)x)[l];
}

/* Scanning a small matrix takes less time than waking threads. */
static inline bool lln_lln_worth_threads(lln_matrix a)
{
    return a.rows * a.columns > 1 << 17;
}

/* Sets top and both spreads. LLN_EINVAL: |alpha q| + |beta k| reaches 1e300;
 * the message begins with `name`. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_lln_scan(lln_state *state, const char *name);

/* ln sum_j exp(y_jl) [d] over all keys. It is computed when it is first needed,
 * because the streaming pass does without; threads may call at once. */
const double *lln_lln_norm(const lln_attention *attention);

/* P_ii of causal attention, with or without a window; out [n]. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_lln_causal_diagonal(const lln_attention *attention,
                                                 double *out);

/* Sets how scores change with the norm of a query, from whether scores are
 * logarithms:
 *     S_ij = sum_l exp(x_il + y_jl),  dS_ij / d ln c = sum_l x_il exp(x_il +
 *     y_jl),
 * and of ln S_ij the mean of x_il with weights exp(x_il + y_jl). */
void lln_lln_set_slope(lln_attention *attention);

/* Sets product and transposed, without a mask or with a causal one without a
 * window. */
void lln_lln_set_products(lln_attention *attention);

/* The same for causal attention with keys of any spread, and its release. */
void lln_lln_set_recurrence(lln_attention *attention);
void lln_lln_free_recurrence(lln_state *state);

/* y_i = sum_j u_i.w_j x_j over the keys j at least `lag` tokens before query i
 * or, with `after`, after it; lag > 0. u and w as in lln_product.c under a
 * causal mask, for scores that are not logarithms. x [m x columns], y [n x
 * columns] in the precision of x, which may be float32 only if the spread is at
 * most LLN_SPREAD_F32. The second is its transpose: x [n x columns],
 * y [m x columns]. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_lln_far_product(const lln_attention *attention,
                                             size_t lag, bool after,
                                             lln_matrix x, void *y);
LLN_NODISCARD lln_status lln_lln_far_transposed(const lln_attention *attention,
                                                size_t lag, bool after,
                                                const double *x, size_t columns,
                                                double *y);

#endif
