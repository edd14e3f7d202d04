/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention: what a kernel makes of a head. A row-stochastic matrix
 *     P_ij = A_ij / sum_l A_il,   A_ij >= 0, zero outside the mask,
 * given by tiles of scores and never stored. Measures see only this. */
#ifndef LLN_KERNEL_ATTENTION_H
#define LLN_KERNEL_ATTENTION_H

#include "core/matrix.h"
#include "core/status.h"
#include "heads/heads.h"

/* What a tile of scores holds. */
typedef enum {
    LLN_LOG,   /* ln A_ij, as for softmax: A = exp(scale q.k) */
    LLN_LINEAR /* A_ij, as for kernels with features: A = phi(q).phi(k) */
} lln_domain;

typedef struct lln_attention lln_attention;
struct lln_attention {
    size_t n, m; /* queries, keys */
    lln_mask mask;
    lln_domain domain;
    lln_precision precision; /* of left, right and the tiles */

    /* Scores are scale left right', unless tile() is set. */
    lln_matrix left;  /* [n x r] */
    lln_matrix right; /* [m x r] */
    double scale;

    /* Writes the scores of `rows` queries against the keys first_key ..
     * first_key + keys - 1 to out [rows x keys]. NULL: one matrix product. */
    void (*tile)(const lln_attention *attention, const size_t *queries,
                 size_t rows, size_t first_key, size_t keys, void *out);

    /* For attention of low rank, else NULL: rows `first` .. first + count - 1
     * of B [n x r] and A [m x r] in float64 with P = B A' when there is no
     * mask; columns of A and rows of B sum to 1. Either may be NULL.
     * Requires n = m. */
    void (*features)(const lln_attention *attention, size_t first,
                     size_t count, double *b, double *a);
    size_t rank;

    /* For causal attention whose diagonal needs no N x N work, else NULL:
     * P_ii for all rows, out [n]. Requires n = m. */
    lln_status (*diagonal)(const lln_attention *attention, double *out);

    void *state; /* the kernel's own; released by close */
    void (*close)(lln_attention *attention);
};

void lln_attention_close(lln_attention *attention);

/* Scores of the given rows against keys first_key .. first_key + keys - 1:
 * out [rows x keys] in attention->precision, not masked. `packed` is scratch
 * for rows x r elements of that precision. */
void lln_attention_tile(const lln_attention *attention, const size_t *queries,
                        size_t rows, size_t first_key, size_t keys,
                        void *packed, void *out);

/* Dense rows of P in float64: rows first .. first + count - 1, out
 * [count x m], masked entries zero, every row summing to 1. For dense methods
 * and tests. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_attention_rows(const lln_attention *attention,
                                            size_t first, size_t count,
                                            double *out);

#endif
