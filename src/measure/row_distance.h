/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How far attention P by tiles is from a reference R by tiles, for many P and
 * one R. It computes three fields of fidelity.h in a fraction of the time, in
 * the precision of the attention. Example: P = (1/2, 1/2), R = (1/4, 3/4):
 * variation 0.25, divergence 0.131 nats, matrix_error 0.447. */
#ifndef LLN_MEASURE_ROW_DISTANCE_H
#define LLN_MEASURE_ROW_DISTANCE_H

#include "kernel/attention.h"

/* Defined as in lln_fidelity. Rows without a key count as distance 0. NaN if
 * the masks differ; matrix_error is NaN if R = 0. */
typedef struct {
    double divergence;   /* mean of sum_j R_ij ln(R_ij / P_ij) + P_ij - R_ij,
                            nats */
    double variation;    /* mean of sum_j |P_ij - R_ij| / 2 */
    double matrix_error; /* |P - R|_F / |R|_F */
} lln_distance;

/* A reference, and the logarithms of some of its rows: all rows if they have at
 * most 2^22 entries (32 MiB), which are then computed once. */
typedef struct lln_distance_reference lln_distance_reference;

/* The attention must outlive the reference, and have kind
 * LLN_ATTENTION_TILES. LLN_EINVAL: it has not, or it has no rows; LLN_ENOMEM.
 */
LLN_NODISCARD lln_status lln_distance_open(lln_attention *attention,
                                           lln_distance_reference **reference);

/* Compares in one pass over the rows of P, and one over those of R if they are
 * not kept. Time O(n m rank); memory O((n + m) rank) and 32 MiB, or one row of
 * R. Sums are in float64, in the order of rows. LLN_EINVAL: shapes do not
 * agree, or the attention is not by tiles; LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_distance_measure(lln_distance_reference *reference,
                                              lln_attention *attention,
                                              lln_distance *out);

/* NULL is legal. */
void lln_distance_close(lln_distance_reference *reference);

#endif
