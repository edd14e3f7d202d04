/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention made of feature maps,
 *     A_ij = phi_q(q_i).phi_k(k_j),   P_ij = A_ij / z_i,
 * where z_i sums over the keys that query i may see, and P is zero elsewhere.
 * Everything is float64 except tiles of scores (features_scores.c). Features
 * are computed a few rows at a time. So products take O((n + m) rank columns)
 * time and O(rank columns) memory in addition to their arguments, also with a
 * causal mask. Example, kernel relu: q = (1, -2) has phi = (1, 0), k = (3, 1)
 * has phi = (3, 1), so A = 3. */
#ifndef LLN_KERNEL_FEATURES_FEATURES_H
#define LLN_KERNEL_FEATURES_FEATURES_H

#include "kernel/parameters.h"

/* Description of the features, set by a kernel between lln_features_new and
 * lln_features_open. Several threads call the functions at once. */
typedef struct lln_features lln_features;

/* Computes the features of rows first .. first + count - 1 of that side, out
 * [count x rank]. */
typedef void lln_features_fill(const lln_features *f, lln_role side,
                               size_t first, size_t count, double *out);

/* Computes z_i from sum_j A_ij over the keys that query i may see. A row with
 * z_i = 0 is zero. */
typedef double lln_features_divisor(const lln_features *f, size_t i,
                                    double sum);

struct lln_features {
    /* Set by lln_features_new. */
    size_t n, m, d; /* queries, keys, columns of both */
    bool causal;
    lln_logit_rule rule;
    const double *q, *k; /* [n x d], [m x d] */
    void *state;         /* the kernel's own data, zeroed */

    size_t rank;
    bool positive; /* features are >= 0 */

    lln_features_fill *fill;
    /* Computes A_ij if that takes fewer operations than a product of features,
     * else NULL: out [queries x keys], `stride` elements from one row to the
     * next. */
    void (*scores)(const lln_features *f, size_t query, size_t queries,
                   size_t key, size_t keys, size_t stride, double *out);

    /* For kernels with `scores` > 0 that float32 can represent: computes them
     * from packed queries and keys, see lln_attention; else NULL. The state is
     * f. */
    void (*tile)(const lln_attention *attention, const void *packed,
                 size_t rows, size_t first_key, size_t keys, size_t stride,
                 void *out);

    /* Computes sum_j A_ij without a mask, out [n], if that takes fewer
     * operations than a product of features, else NULL. LLN_ENOMEM. */
    lln_status (*row_sums)(const lln_features *f, double *out);

    lln_features_divisor *divisor; /* NULL: P = A */
    double eps;                    /* used by the divisors below */

    void (*release)(void *state); /* frees what the state owns; or NULL */

    /* Private to features*.c. */
    double *z;      /* [n]; infinite for a row of zeros; NULL: P = A */
    double *sums;   /* [n] sums of the rows of P; set if z is */
    double *column; /* [rank] sums over keys of positive features; or NULL */
    lln_matrix source[2]; /* queries and keys of the head */
    double *copy;         /* the same in float64 if they are float32 */
    double *keys; /* features [m x rank] if prepared for rows; or NULL */
};

/* Queries or keys from row `first` on. */
static inline const double *lln_features_tokens(const lln_features *f,
                                                lln_role side, size_t first)
{
    return (side == LLN_QUERIES ? f->q : f->k) + first * f->d;
}

/* Two common divisors: sum + eps, and max(sum, eps). */
extern lln_features_divisor lln_features_sum_plus, lln_features_sum_floor;

/* Factors that turn logits into products: x_q.x_k with x_q =
 * factor[LLN_QUERIES] q and x_k = factor[LLN_KEYS] k. Both factors have modulus
 * sqrt(|scale|). */
void lln_features_roots(const lln_features *f, double factor[2]);

/* First step: creates *features with the head's queries and keys and a zeroed
 * state of that size. LLN_EINVAL: a mask with n > m; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_features_new(const lln_kernel_choice *choice,
                                          const lln_head *head,
                                          size_t state_size,
                                          lln_features **features);

/* Releases features that have not been opened. */
void lln_features_free(lln_features *features);

/* Last step: makes the attention of a kernel that has described its features.
 * The attention owns them from now on, whatever the status. Computes z by one
 * product, in O((n + m) rank) time. The attention is unnormalised unless every
 * z_i is the sum of its row and none is 0. Products use fixed groups of tokens;
 * with a causal mask, each group starts from the sums over all groups before
 * it.
 * LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_features_open(lln_features *features,
                                           lln_attention *attention);

/* All steps for features >= 0 without a state, `channels` features for each
 * column of queries and keys, and a divisor that uses the parameter eps of the
 * choice. LLN_EINVAL: eps is not in [0, 1], or a mask with n > m; LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_features_open_map(const lln_kernel_choice *choice,
                                               const lln_head *head,
                                               size_t channels,
                                               lln_features_fill *fill,
                                               lln_features_divisor *divisor,
                                               lln_attention *attention);

#endif
