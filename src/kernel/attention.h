/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention: the matrix P [n x m] that a kernel makes of a head. P is zero
 * outside the mask and need not be stored. Measures use only this interface.
 * The data flow: kernel + parameters + arrays = choice (parameters.h); choice +
 * head -> lln_kernel_open -> attention; attention -> tiles of scores (tiles.h),
 * rows of P, or products y = P x (product.h). Example: q = 1, keys 0 and ln 3,
 * scale 1. The logits are 0 and 1.0986, A = (1, 3), P = (1/4, 3/4), and the
 * product with x = (4, 8) is 7. With a sink z, P_ij = A_ij / (sum_l A_il +
 * exp(z)). */
#ifndef LLN_KERNEL_ATTENTION_H
#define LLN_KERNEL_ATTENTION_H

#include "core/matrix.h"
#include "core/status.h"
#include "heads/heads.h"

/* What the scores in a tile are. */
typedef enum {
    LLN_DOMAIN_LOG,   /* ln A_ij, as for softmax: A = exp(scale q.k) */
    LLN_DOMAIN_LINEAR /* A_ij, as for feature maps: A = phi(q).phi(k) */
} lln_domain;

typedef struct lln_attention lln_attention;
typedef struct lln_attention_scores lln_attention_scores;

/* With fewer keys than this, scores are computed in float64. The logits of a
 * row of two or three keys may agree in most of float32's digits by chance, and
 * float64 costs almost nothing there. */
enum { LLN_FLOAT32_KEYS = 16 };

/* By tiles of scores A_ij > 0: P_ij = A_ij / sum_l A_il, row-stochastic. By
 * rows: entries may be zero or negative, and rows need not sum to 1. */
typedef enum { LLN_ATTENTION_TILES = 1, LLN_ATTENTION_ROWS } lln_attention_kind;

typedef struct {
    lln_domain domain;
    bool scaled_scores; /* LLN_DOMAIN_LOG scores are logits scale q.k minus
                           `offset` */

    /* Scores are scale left right' with left [n x rank] for queries and right
     * [m x rank] for keys, computed as logits by `rule` without its mask.
     * left.data may be NULL if pack() is set. right.data may be NULL until
     * prepare() has been called, and always if tile() is set. */
    lln_matrix left, right;
    lln_logit_rule rule;

    /* Logit minus score of each query, [n]; NULL: 0. Probabilities do not
     * depend on it. */
    const double *offset;

    /* Writes the rows of `left` for the given queries to out [count x rank] in
     * `precision`. NULL: rows are copied from left. */
    void (*pack)(const lln_attention *attention, const size_t *queries,
                 size_t count, void *out);

    /* Turns packed rows into scores, instead of the matrix product. For scores
     * that cannot be computed as products of factors in `precision`. */
    void (*tile)(const lln_attention *attention, const void *packed,
                 size_t rows, size_t first_key, size_t keys, size_t stride,
                 void *out);

    /* How the scores of a query change if it becomes c times as long. Writes
     * the derivatives of the rows of `left` by ln c at c = 1, for packed
     * queries, to out [count x rank]. NULL: logits are linear in the query, or
     * the derivatives are not known. */
    void (*pack_slope)(const lln_attention *attention, const size_t *queries,
                       size_t count, const void *packed, void *out);

    /* Turns those rows into the derivatives of scores, as tile() does the rows
     * of `left`; set if tile() and pack_slope() are. */
    void (*tile_slope)(const lln_attention *attention, const void *packed,
                       size_t rows, size_t first_key, size_t keys,
                       size_t stride, void *out);
} lln_attention_tiles;

typedef struct {
    /* Rows first .. first + count - 1 of P in float64, out [count x m]. May be
     * called from several threads at once. */
    lln_status (*make)(const lln_attention *attention, size_t first,
                       size_t count, double *out);

    /* Opens the same attention by tiles, which takes fewer operations; NULL if
     * entries may be negative. `attention` must outlive it. The caller closes
     * scores->tiles. */
    lln_status (*scores)(const lln_attention *attention,
                         lln_attention_scores *scores);

    /* What the rows that make() made summed to before it divided them by that,
     * [n]; NULL: it divides none. */
    const double *sums;

    /* Entries are not negative, rows sum to at most 1, and the rest is the
     * weight of one more outcome, as that of a sink. */
    bool outside;
} lln_attention_row_hooks;

/* Filled in by the kernel, with either `tiles` or `rows` according to `kind`.
 * Measures only call the functions below. */
struct lln_attention {
    lln_attention_kind kind;
    size_t n, m; /* queries, keys */
    size_t rank; /* columns of the two factors of the scores, or of the two
                    factors of P */
    bool unnormalised; /* rows need not sum to 1, or entries may be negative:
                          then 1 need not be an eigenvalue */
    lln_mask mask;
    const lln_logit_bias *bias; /* of the head's rule, which lln_kernel_open
                                   sets: it may hide keys. NULL: none */
    lln_precision precision;    /* of factors, tiles; by rows, of products */
    double exponent_error; /* of ln A_ij by rounding, in units of `precision`;
                              0: not known, see lln_kernel_set_error */
    lln_attention_tiles tiles;
    lln_attention_row_hooks rows;

    /* Hooks of both kinds; each may be NULL. */

    /* Builds data that tiles or rows need and spectra do not. */
    lln_status (*prepare)(lln_attention *attention);

    /* y = P x, x [m x columns], and y = P'x, x [n x columns], y in the
     * precision of x. Set if they need no n x m work; both or neither. They run
     * in parallel; the results do not depend on the number of threads. */
    lln_status (*product)(const lln_attention *attention, lln_matrix x,
                          void *y);
    lln_status (*transposed)(const lln_attention *attention, lln_matrix x,
                             void *y);

    /* For attention of low rank without a mask, P = B A': writes rows first ..
     * first + count - 1 of B [n x rank] and A [m x rank] in float64; b or a may
     * be NULL. The columns of A should be of one order of magnitude: the error
     * of a spectrum is relative to the largest. */
    void (*features)(const lln_attention *attention, size_t first, size_t count,
                     double *b, double *a);

    /* P_ii of causal attention, with or without a window, in less than n x m
     * work: out [n]. */
    lln_status (*diagonal)(const lln_attention *attention, double *out);

    /* Frobenius norm of P - 1 mean', where mean [m] holds the column means of
     * P. Set if it needs no n x m work. */
    lln_status (*unbiased_norm)(const lln_attention *attention,
                                const double *mean, double *norm);

    /* Within-row log-variance D2: the mean over all rows of the variance of ln
     * P in the row (divisor keys - 1). Set if it needs no n x m work. */
    lln_status (*log_variance_row)(const lln_attention *attention,
                                   double *variance);

    void *state;                             /* the kernel's own data */
    void (*close)(lln_attention *attention); /* releases the state */
};

/* Attention by rows, given as tiles of scores: P_ij = s_i A_ij / sum_l A_il,
 * s_i = sums[i]. */
struct lln_attention_scores {
    lln_attention tiles; /* A >= 0, LLN_DOMAIN_LINEAR */
    bool zeros;          /* A_ij = 0 is possible */
    const double *sums;  /* [n] sums of the rows of P, owned by the attention */
};

/* Checks that the kernel set the hooks of one kind only, and that hooks and
 * shapes agree. lln_kernel_open calls it. LLN_EINVAL: they do not agree, which
 * is an error in the kernel. */
LLN_NODISCARD lln_status lln_attention_check(const lln_attention *attention);

/* Releases what the attention owns. A zeroed attention is legal. */
void lln_attention_close(lln_attention *attention);

/* Prepares the attention for tiles and rows. Call it before the functions
 * below. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_attention_prepare(lln_attention *attention);

/* Prepares for a single product. Kernels with their own product need nothing:
 * preparing pays off only over many. LLN_ENOMEM. */
LLN_NODISCARD lln_status
lln_attention_prepare_product(lln_attention *attention);

/* Rows of the left factor for the given queries: out [count x rank] in
 * attention->precision. */
void lln_attention_pack(const lln_attention *attention, const size_t *queries,
                        size_t count, void *out);

/* Scores of the packed queries[rows] against keys first_key .. first_key + keys
 * - 1, without the mask: out [rows x keys] in attention->precision, with
 * `stride` >=
 * keys elements from one row to the next. */
void lln_attention_tile(const lln_attention *attention, const size_t *queries,
                        const void *packed, size_t rows, size_t first_key,
                        size_t keys, size_t stride, void *out);

/* What the sum of row i of attention by tiles is less than 1, given ln sum_j
 * A_ij of its scores: the weight of a sink, else 0. */
double lln_attention_outside(const lln_attention *attention, size_t i,
                             double log_norm);

/* Rows first .. first + count - 1 of P in float64: out [count x m], 0 where the
 * mask hides a key. For dense methods, comparisons of two attentions, and
 * tests. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_attention_rows(const lln_attention *attention,
                                            size_t first, size_t count,
                                            double *out);

/* The same for the rows queries[0 .. count - 1] or, if queries is NULL, first
 * .. first + count - 1. For a block of a pass that has threads of its own. */
LLN_NODISCARD lln_status
lln_attention_listed_rows(const lln_attention *attention, const size_t *queries,
                          size_t first, size_t count, double *out);

/* The keys that a query may see: first .. end - 1, except for those that a bias
 * hides; `count` of them are left. */
typedef struct {
    size_t first, end, count;
    const double *bias; /* of these keys, -inf: hidden; NULL: none is hidden */
} lln_visible_keys;

/* Finds them; bias [m]: scratch, to which the result may point. */
lln_visible_keys lln_attention_visible(const lln_attention *attention,
                                       size_t query, double *bias);

/* Whether key first + j is hidden. */
bool lln_key_is_hidden(const lln_visible_keys *keys, size_t j);

/* The same as lln_attention_rows for columns first_key .. first_key + keys - 1
 * only: out [count x
 * keys]. For attention by tiles, only allowed keys are computed. */
LLN_NODISCARD lln_status lln_attention_block(const lln_attention *attention,
                                             size_t first, size_t count,
                                             size_t first_key, size_t keys,
                                             double *out);

/* Recommended number of rows of a block for attention by rows: 16, or fewer if
 * 16 rows exceed 16 MiB, but at least 1. It does not depend on the number of
 * threads. */
size_t lln_attention_block_rows(const lln_attention *attention);

/* Number of consecutive values at the beginning of queries[count], count >=
 * 1. */
size_t lln_queries_run(const size_t *queries, size_t count);

#endif
