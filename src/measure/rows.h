/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The streaming pass: statistics of each row of P from tiles of scores,
 * without P. Everything that reads all entries goes through here. */
#ifndef LLN_MEASURE_ROWS_H
#define LLN_MEASURE_ROWS_H

#include "core/moments.h"
#include "kernel/attention.h"

/* Statistics of row i over its keys: the allowed ones or, for attention by
 * rows, those with P_ij > 0. With s = ln A the scores,
 *     log_norm = ln sum_j exp(s_j),      entropy = log_norm - E_P[s],
 * accumulated as sums of non-negative terms relative to the row maximum, so
 * that entropies near zero keep their relative accuracy. Note that `scores`
 * are moments of s, not of ln P = s - log_norm. Attention by rows has s = ln P
 * and log_norm = 0, and without moments its rows may come from tiles of
 * scores, see lln_attention_row_hooks; the entropy of a row that is not a
 * distribution, with negative entries or a sum more than LLN_ROW_DEFICIT from
 * 1, is NaN. With a sink, entropy and sum_squares are those of P_j / sum. */
#define LLN_ROW_DEFICIT 1e-6

typedef struct {
    size_t keys;        /* their number */
    double log_norm;    /* ln Z */
    double max;         /* largest score, a log */
    double logit;       /* the same with tiles.offset */
    double entropy;     /* nats */
    double sum_squares; /* sum_j P_j^2 */
    double top;         /* largest P_j */
    double sum;         /* sum_j P_j; 1 for attention by tiles without sink */
    double outside;     /* weight of the sink, 1 - sum; 0 without one */
    double negative;    /* sum_j |min(P_j, 0)|; 0 for attention by tiles */
    lln_moments scores; /* of s_j, equal weights; settled, see
                           lln_row_rounding */
} lln_row;

/* What rounding may make of equal scores of a row, as logs, in the precision
 * of the attention: lln_precision_rounding of the largest of them and, unless
 * they are the logits themselves, of 1. A spread up to this counts as none. */
double lln_row_rounding(const lln_attention *attention, const lln_row *row);

/* What to accumulate beyond log_norm and max. */
enum { LLN_ROW_ENTROPY = 1, LLN_ROW_MOMENTS = 2 };

/* Fills out[count] for the queries listed in queries[count]; NULL means
 * 0 .. count - 1. Fields that were not asked for are NaN. Rows are shared
 * among threads; each row's sums have a fixed order.
 * Source: log-sum-exp and moments merged as in Pebay (2008).
 * LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_rows_measure(lln_attention *attention,
                                          const size_t *queries, size_t count,
                                          unsigned what, lln_row *out);

/* An array for the rows listed in queries[*count]; NULL: *count is set to all
 * n. Release it with free(). LLN_EINVAL: *count = 0; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_rows_alloc(const lln_attention *attention,
                                        const size_t *queries, size_t *count,
                                        lln_row **out);

/* Called when a row is complete: out[index] and its scores as logs s_j, over
 * the allowed keys, [1 x keys]. Several threads call at once, for different
 * rows, each with its own `thread` in 0 .. lln_threads_count() - 1; the order
 * of the rows is not fixed. */
typedef void lln_row_visit(void *context, int thread, size_t index,
                           const lln_row *row, lln_matrix scores);

/* lln_rows_measure with entropy and moments, and a visit to each row once it
 * is complete. Each thread keeps the scores of its rows, up to 192 of them in
 * 64 MiB, but at least one. */
LLN_NODISCARD lln_status lln_rows_visit(lln_attention *attention,
                                        const size_t *queries, size_t count,
                                        lln_row_visit *visit, void *context,
                                        lln_row *out);

#endif
