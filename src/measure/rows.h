/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The streaming pass: computes statistics of each row of P from tiles of
 * scores, without storing P. entropy.h, lognormal.h and matching use it; means
 * over rows are in row_sample.h. Example: scores A = (1, 3), s = ln A = (0,
 * 1.099): log_norm = ln 4 = 1.386, entropy = 1.386 - 0.75 1.099 = 0.562,
 * sum_squares = 0.625, top = 0.75. */
#ifndef LLN_MEASURE_ROWS_H
#define LLN_MEASURE_ROWS_H

#include "core/moments.h"
#include "kernel/attention.h"

/* Statistics of row i over its keys: the allowed ones or, for attention by
 * rows, those with P_ij > 0. With scores s = ln A,
 *     log_norm = ln sum_j exp(s_j),      entropy = log_norm - E_P[s],
 * computed from sums of non-negative terms relative to the row maximum, so that
 * entropies near zero are accurate. `scores` are moments of s, not of ln P = s
 * - log_norm. Attention by rows has s = ln P and log_norm = 0; without moments,
 * its rows may come from tiles of scores, see lln_attention_row_hooks. The
 * entropy is NaN if a row is no distribution: if it has negative entries or its
 * sum differs from 1 by more than LLN_ROW_DEFICIT. With a sink, or
 * rows.outside of the attention, entropy and sum_squares are those of P_j /
 * sum. */
#define LLN_ROW_DEFICIT 1e-6

typedef struct {
    size_t keys;        /* number of keys */
    double log_norm;    /* ln Z */
    double max;         /* largest score, as a logarithm */
    double logit;       /* the same plus tiles.offset */
    double entropy;     /* nats */
    double sum_squares; /* sum_j P_j^2 */
    double top;         /* largest P_j */
    double sum;        /* sum_j P_j; for attention by tiles without sink 1, or 0
                          if the row sees no key */
    double outside;    /* weight of the sink or other outcome, 1 - sum; 0
                          without one */
    double negative;   /* sum_j |min(P_j, 0)|; 0 for attention by tiles */
    double varentropy; /* sum_j P_j (ln P_j + H)^2 of P_j / sum, nats^2; NaN as
                          for entropies, but also defined if sum differs from
                          1 */
    double renyi2;     /* -ln sum_j P_j^2, likewise, nats */
    double low;        /* smallest score plus tiles.offset; NaN by rows */
    lln_moments scores; /* of s_j, equal weights; a spread below
                           lln_row_rounding is 0 */
} lln_row;

/* Statistics to compute in addition to log_norm and max. The shape, varentropy,
 * renyi2 and low, comes with `scores`, but for attention by tiles without m3
 * and m4. */
enum { LLN_ROW_ENTROPY = 1, LLN_ROW_MOMENTS = 2, LLN_ROW_SHAPE = 4 };

/* Fills out[count] for the queries listed in queries[count]; NULL means 0 ..
 * count - 1. Fields that were not requested are NaN. Threads share the rows;
 * the sums of a row have a fixed order. Source: log-sum-exp and moments merged
 * as in Pebay (2008). LLN_EINVAL: a row is not below n; LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_rows_measure(lln_attention *attention,
                                          const size_t *queries, size_t count,
                                          unsigned what, lln_row *out);

/* Allocates *out for the rows listed in queries[*count]. If queries is NULL,
 * sets *count to n. Release it with free(). LLN_EINVAL: *count = 0;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_rows_alloc(const lln_attention *attention,
                                        const size_t *queries, size_t *count,
                                        lln_row **out);

/* Called when a row is complete, with out[index] and the scores s_j of its
 * allowed keys as logarithms, [1 x keys]. Several threads call it at once, for
 * different rows, each with its own `thread` in 0 .. lln_threads_count() - 1.
 * The order of rows is not fixed. */
typedef void lln_row_visit(void *context, int thread, size_t index,
                           const lln_row *row, lln_matrix scores);

/* lln_rows_measure with entropy and moments, which also visits each row when it
 * is complete. Each thread keeps the scores of up to 192 rows in 64 MiB, but of
 * at least one row. */
LLN_NODISCARD lln_status lln_rows_visit(lln_attention *attention,
                                        const size_t *queries, size_t count,
                                        lln_row_visit *visit, void *context,
                                        lln_row *out);

#endif
