/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the entropy of a row changes with the norm of its query. */
#ifndef LLN_MEASURE_NORM_SLOPE_H
#define LLN_MEASURE_NORM_SLOPE_H

#include "kernel/parameters.h"
#include "measure/rows.h"

/* The covariance of two values of the keys of a row, with the weights exp(s),
 * while its keys come in, and the means of both. A state of zeros is that of a
 * row without keys. */
typedef struct {
    double max;          /* largest s */
    double weight;       /* sum of exp(s - max) */
    double score, slope; /* means of s and g */
    double joint;        /* sum of exp(s - max) (s - mean) (g - mean) */
    size_t keys;
} lln_slope_state;

/* Adds the keys of a tile, count <= LLN_TILE_KEYS, with scores s and
 * derivatives g. Keys with s = -inf are hidden and left out. */
void lln_slope_state_add(const double *s, const double *g, size_t count,
                         lln_slope_state *state);

/* -sum_j P_j (g_j - gbar) ln P_j = -covariance of g and s, nats. One key: 0;
 * no key: NaN. */
double lln_slope_state_finish(const lln_slope_state *state);

/* dH_i/d ln c at c = 1 of the entropy H_i of row i if query i becomes c times
 * as long, with all keys fixed, nats, out [count], for the queries of the list;
 * NULL: 0 .. count - 1. For P_ij = A_ij / sum_l A_il,
 *     dH_i/d ln c = -sum_j P_ij (g_ij - sum_l P_il g_il) ln P_ij,
 *     g_ij = d ln A_ij / d ln c.
 * Softmax with logits s has g = s, so that this is -sum_j P (ln P + H)^2, minus
 * the varentropy. LLN has g_ij = sum_l w_l alpha q_il, w = softmax over
 * features of alpha q_il + beta k_jl. A sink changes nothing: H_i is that of
 * P_ij / sum_l P_il. Exact, in one pass over the scores and their derivatives
 * (kernel/score_slope.h).
 * LLN_EINVAL: the derivatives are not known; LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_norm_slopes(lln_attention *attention,
                                         const size_t *queries, size_t count,
                                         double *out);

/* The same for any kernel, from the entropies with queries multiplied by 1.01
 * and 0.99, in float64: (H(1.01) - H(0.99)) / ln(1.01 / 0.99), with an error
 * near 1e-5 of the third derivative. Of kernels with LLN_KERNEL_NORM_FREE 0
 * exactly, where H_i is defined. All queries become longer at once, which
 * matters only where a row depends on other queries.
 * NaN: a row without keys, with a sum of 0, or with negative entries. The
 * statuses are those of lln_kernel_open and lln_rows_measure. */
LLN_NODISCARD lln_status lln_norm_slopes_by_difference(
    const lln_kernel_choice *choice, const lln_head *head,
    const size_t *queries, size_t count, double *out);

#endif
