/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention: what a kernel makes of a head, a matrix P [n x m] that is never
 * stored and zero outside the mask. Measures see only this. Two kinds:
 *   by tiles of scores A_ij > 0:  P_ij = A_ij / sum_l A_il, row-stochastic;
 *   by rows, whatever the entries are: zero, negative, not summing to 1. */
#ifndef LLN_KERNEL_ATTENTION_H
#define LLN_KERNEL_ATTENTION_H

#include "core/matrix.h"
#include "core/status.h"
#include "heads/heads.h"

/* What a tile of scores holds. */
typedef enum {
    LLN_DOMAIN_LOG,   /* ln A_ij, as for softmax: A = exp(scale q.k) */
    LLN_DOMAIN_LINEAR /* A_ij, as for kernels with features: A = phi(q).phi(k)
                       */
} lln_domain;

typedef struct lln_attention lln_attention;
typedef struct lln_attention_scores lln_attention_scores;

/* Fewer keys are computed in float64: the logits of a row of two or three may
 * agree in most of the digits that float32 has, by chance, and it costs next to
 * nothing. */
enum { LLN_FLOAT32_KEYS = 16 };

/* Which of the two kinds an attention is. */
typedef enum { LLN_ATTENTION_TILES = 1, LLN_ATTENTION_ROWS } lln_attention_kind;

/* Attention by tiles. */
typedef struct {
    lln_domain domain;
    bool scaled_scores; /* LLN_DOMAIN_LOG scores are logits in their own unit */

    /* Scores are logits by the rule, but for its mask, with left [n x rank]
     * and right [m x rank] for queries and keys: scale left right'.
     * left.data may be NULL if pack() makes its rows; right.data may be NULL
     * until prepare() has been called, and always with tile(). */
    lln_matrix left, right;
    lln_logit_rule rule;

    /* What the logits of each query have beyond its scores, [n]; NULL: nothing.
     * No probability depends on it. */
    const double *offset;

    /* Writes the rows of `left` for the given queries to out [count x rank]
     * in `precision`; NULL: they are copied from left. */
    void (*pack)(const lln_attention *attention, const size_t *queries,
                 size_t count, void *out);

    /* Turns packed rows into scores in place of the matrix product; for
     * scores that no product of factors in `precision` can hold. */
    void (*tile)(const lln_attention *attention, const void *packed,
                 size_t rows, size_t first_key, size_t keys, size_t stride,
                 void *out);
} lln_attention_tiles;

/* Attention by rows. */
typedef struct {
    /* Rows first .. first + count - 1 of P, out [count x m] in float64. May be
     * called from several threads at once. */
    lln_status (*make)(const lln_attention *attention, size_t first,
                       size_t count, double *out);

    /* If no entry is negative, else NULL: opens the same by tiles, which takes
     * fewer operations. `attention` has to outlive it. The caller closes
     * scores->tiles. */
    lln_status (*scores)(const lln_attention *attention,
                         lln_attention_scores *scores);

    /* What the rows that make() made summed to before it divided them by that,
     * [n]; NULL: it divides none. */
    const double *sums;
} lln_attention_row_hooks;

/* The kernel fills this in, the struct of its kind alone; who measures only
 * calls the functions below. */
struct lln_attention {
    lln_attention_kind kind;
    size_t n, m;       /* queries, keys */
    size_t rank;       /* columns of the two factors of the scores, or of P */
    bool unnormalised; /* rows need not sum to 1, or entries be >= 0: then 1
                          need not be an eigenvalue */
    lln_mask mask;
    lln_precision precision; /* of the factors and of the tiles; by rows: in
                                which products are taken */
    lln_attention_tiles tiles;
    lln_attention_row_hooks rows;

    /* The hooks of both kinds; each may be NULL. */

    /* Builds data that tiles or rows need and spectra do not. */
    lln_status (*prepare)(lln_attention *attention);

    /* y = P x, x [m x columns], and y = P'x, x [n x columns], where that
     * needs no n x m work; both or neither. y is in the precision of x. They
     * share out their work among threads, in a way that no result depends
     * on. */
    lln_status (*product)(const lln_attention *attention, lln_matrix x,
                          void *y);
    lln_status (*transposed)(const lln_attention *attention, lln_matrix x,
                             void *y);

    /* Attention of low rank without a mask: rows first .. first + count - 1 of
     * B [n x rank] and A [m x rank] in float64 with P = B A'. Either may be
     * NULL. Columns of A are best of one order of magnitude: what a spectrum
     * loses is relative to the largest. */
    void (*features)(const lln_attention *attention, size_t first, size_t count,
                     double *b, double *a);

    /* P_ii of causal attention, also with a window, without N x N work: out
     * [n]. */
    lln_status (*diagonal)(const lln_attention *attention, double *out);

    /* Frobenius norm of P - 1 mean', the column means of P given [m], where
     * that needs no n x m work. */
    lln_status (*unbiased_norm)(const lln_attention *attention,
                                const double *mean, double *norm);

    /* D2, the mean over all rows of the variance of ln P within the row
     * (divisor keys - 1), where it needs no N x N work. */
    lln_status (*log_variance_row)(const lln_attention *attention,
                                   double *variance);

    void *state;                             /* the kernel's own */
    void (*close)(lln_attention *attention); /* releases the state */
};

/* Attention by rows in tiles: P_ij = s_i A_ij / sum_l A_il, s_i = sums[i]. */
struct lln_attention_scores {
    lln_attention tiles; /* A >= 0, LLN_DOMAIN_LINEAR */
    bool zeros;          /* A_ij = 0 is possible */
    const double *sums;  /* [n] of the rows of P, owned by the attention */
};

/* Whether what a kernel filled in is of one kind, with the hooks of that kind
 * and no others, and whether hooks and shapes agree. lln_kernel_open calls it.
 * LLN_EINVAL: they do not, an error in the kernel. */
LLN_NODISCARD lln_status lln_attention_check(const lln_attention *attention);

/* Releases what the attention owns. A zeroed attention is legal. */
void lln_attention_close(lln_attention *attention);

/* Makes the attention ready for tiles; to be called before the functions
 * below. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_attention_prepare(lln_attention *attention);

/* Prepares for a single product. Attention with products of its own needs
 * nothing: preparing pays off only over many. LLN_ENOMEM. */
LLN_NODISCARD lln_status
lln_attention_prepare_product(lln_attention *attention);

/* Rows of the left factor for the given queries: out [count x rank] in
 * attention->precision. */
void lln_attention_pack(const lln_attention *attention, const size_t *queries,
                        size_t count, void *out);

/* Scores of packed queries against keys first_key .. first_key + keys - 1:
 * out [rows x keys] in attention->precision, not masked, with `stride` >=
 * keys elements from one row to the next. */
void lln_attention_tile(const lln_attention *attention, const void *packed,
                        size_t rows, size_t first_key, size_t keys,
                        size_t stride, void *out);

/* Dense rows of P in float64: rows first .. first + count - 1, out
 * [count x m], masked entries zero. For dense methods, what looks at pairs of
 * attentions, and tests. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_attention_rows(const lln_attention *attention,
                                            size_t first, size_t count,
                                            double *out);

/* The same of keys first_key .. first_key + keys - 1 alone: out [count x
 * keys]. Of attention by tiles only what the mask allows is computed. */
LLN_NODISCARD lln_status lln_attention_block(const lln_attention *attention,
                                             size_t first, size_t count,
                                             size_t first_key, size_t keys,
                                             double *out);

/* Rows of a block, which attention by rows is best asked for at a time: 16, or
 * fewer of long rows, so that they are at most 16 MiB, or a single row. It does
 * not depend on the threads. */
size_t lln_attention_block_rows(const lln_attention *attention);

/* How many of queries[count], count >= 1, are consecutive from the first on. */
size_t lln_queries_run(const size_t *queries, size_t count);

#endif
