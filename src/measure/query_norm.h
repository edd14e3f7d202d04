/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether the entropy of a row follows the norm of its query. Example: softmax
 * of the logits 0 and ln 3 has P = (1/4, 3/4) and the slope -0.226: a query 1 %
 * longer has an entropy 0.00226 nats lower. */
#ifndef LLN_MEASURE_QUERY_NORM_H
#define LLN_MEASURE_QUERY_NORM_H

#include "kernel/parameters.h"
#include "measure/rows.h"

typedef struct {
    double correlation; /* Pearson's of |q_i| and H_i / ln m_i over rows with
                           m_i >= 2 keys */
    double spearman;    /* the same of their ranks */
    double slope;       /* mean over rows of dH_i/d ln c as q_i becomes c q_i,
                           nats; see norm_slope.h */
} lln_query_norm;

/* What to compute. */
enum { LLN_QUERY_NORM_CORRELATION = 1, LLN_QUERY_NORM_SLOPE = 2 };

/* The statistics that rows must have for that: LLN_ROW_ENTROPY and, if the
 * slope is minus the varentropy, LLN_ROW_SHAPE. */
unsigned lln_query_norm_statistics(const lln_attention *attention,
                                   unsigned what);

/* The Euclidean norms of the queries of the list; NULL: 0 .. count - 1. Out
 * [count]; NaN: the head has no queries. The queries are those of the head, so
 * after its maps (rotary embedding, norms, scales by position, temperature) and
 * without the scale of the logits, which all queries share. */
void lln_query_norms(const lln_head *head, const size_t *queries, size_t count,
                     double *out);

/* dH_i/d ln c of each row, out [count]: exact where the attention knows its
 * derivatives (lln_norm_slopes), else by difference. NaN: the head has no
 * queries, or the row is none with entries >= 0 and a sum above 0. `rows`
 * [count] as in lln_query_norm_measure; no second pass is made if they have the
 * slope. */
LLN_NODISCARD lln_status
lln_query_norm_slopes(const lln_kernel_choice *choice, const lln_head *head,
                      lln_attention *attention, const size_t *queries,
                      size_t count, const lln_row *rows, double *out);

/* Measures what `what` says, for the queries of the list, drawn at random;
 * NULL: all n. `attention` was opened for that choice and head, and rows
 * [count] measured with lln_query_norm_statistics. H_i is the entropy of P_ij /
 * sum_l P_il and m_i the number of keys that the mask allows, whatever their
 * weight. `error`, unless NULL, receives the standard errors for the choice of
 * rows; 0 if all rows are measured. NaN: |q_i| or H_i / ln m_i is constant,
 * except for rounding; a row has negative entries; no row has a value. Rows
 * with a sum of 0 are left out. Source: Nahshan, Kampeas, Haleva (2024) ask for
 * an entropy that follows the temperature; the slope says how much. LLN_ENOMEM;
 * LLN_EINTERRUPTED; the statuses of lln_query_norm_slopes. */
LLN_NODISCARD lln_status
lln_query_norm_measure(const lln_kernel_choice *choice, const lln_head *head,
                       lln_attention *attention, const size_t *queries,
                       size_t count, const lln_row *rows, unsigned what,
                       lln_query_norm *out, lln_query_norm *error);

#endif
