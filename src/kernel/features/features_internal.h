/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to features*.c.
 *
 * Chunk c has the keys at positions c CHUNK, c CHUNK + 1, ... and the queries
 * at the same positions. Chunks form groups; a group is processed by one
 * thread. */
#ifndef LLN_KERNEL_FEATURES_FEATURES_INTERNAL_H
#define LLN_KERNEL_FEATURES_FEATURES_INTERNAL_H

#include "kernel/features/features.h"

enum { LLN_FEATURES_CHUNK = 128, LLN_FEATURES_GROUPS = 16 };

/* Consecutive rows of one side. */
typedef struct {
    size_t first, count;
} lln_run;

/* With a causal mask, query i is at position i + m - n. */
static inline size_t lln_features_offset(const lln_features *f)
{
    return f->causal ? f->m - f->n : 0;
}

/* Features of those rows: the stored ones, or computed in `scratch`. */
static inline const double *lln_features_make(const lln_features *f,
                                              lln_role side, lln_run rows,
                                              double *scratch)
{
    if (side == LLN_KEYS && f->keys)
        return f->keys + rows.first * f->rank;
    f->fill(f, side, rows.first, rows.count, scratch);
    return scratch;
}

/* y [rows of side `to` x columns] = P x for to = LLN_QUERIES, P'x for LLN_KEYS;
 * x [rows of the other side x columns], y in the precision of x. While z is
 * NULL, P is A. total [rank x columns], or NULL: receives sum_j phi(j) x_j'
 * over the tokens j of x if there is no mask. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_features_multiply(const lln_features *f,
                                               lln_role to, lln_matrix x,
                                               void *y, double *total);

/* The hook `scores`, for attention with features >= 0 or with tile().
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_features_scores(const lln_attention *attention,
                                             lln_attention_scores *scores);

/* Computes and stores the features of all keys, unless the kernel has scores().
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_features_store_keys(lln_features *f);

#endif
