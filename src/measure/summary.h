/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which heads of a model are unusual: a few numbers and heads, from
 * measures of each head. Example: 5 heads with normalized entropies 0.2, 0.9,
 * nan, 0.4, 0.6 have the minimum 0.2, the median 0.5, the maximum 0.9, and
 * lowest = {0, 3, 4}, highest = {1, 4, 3}. */
#ifndef LLN_MEASURE_SUMMARY_H
#define LLN_MEASURE_SUMMARY_H

#include "kernel/attention.h"

/* Measures of one head; NaN: it has none. */
typedef struct {
    double layer, head;    /* numbers */
    double normalized;     /* lln_entropy.normalized */
    double max_logit;      /* largest logit of an allowed pair */
    double sink, uniform;  /* mean weight of the first key, and what it would
                              be in uniform attention */
    double local, distant; /* weight of near keys and of distant keys */
} lln_head_summary;

/* Measures one head, without its numbers, in one pass over the rows listed in
 * queries[count] (NULL: all): lln_entropy, and lln_where with `local_keys` as
 * W. The statuses of lln_panels_visit and lln_where_open. */
LLN_NODISCARD lln_status lln_head_summary_measure(lln_attention *attention,
                                                  const size_t *queries,
                                                  size_t count,
                                                  size_t local_keys,
                                                  lln_head_summary *out);

/* A head counts if its value exceeds the threshold. */
typedef struct {
    double sink, local, distant, logit;
} lln_summary_thresholds;

/* The largest finite number of IEEE float16, and its logarithm: the largest
 * argument of exp that does not overflow there. */
#define LLN_FLOAT16_MAX 65504.
#define LLN_FLOAT16_MAX_EXP 11.089866488461016

/* Heads in the lists of extremes. */
enum { LLN_SUMMARY_EXTREMES = 3 };

/* The heads with a value: how many exceed the threshold, and the largest
 * value. */
typedef struct {
    size_t defined, above;
    double largest; /* NaN: no head has a value */
    size_t head;    /* index of the first head with the largest value */
} lln_summary_count;

typedef struct {
    size_t heads, layers; /* heads without a layer have none */
    /* Of the normalized entropy, over the heads that have one: quantiles,
     * linear between order statistics (type 7 of Hyndman and Fan 1996); the
     * number of such heads; and indices of the heads with the lowest and the
     * highest values, of equal values the first one first. */
    double least, tenth, median, nine_tenths, most;
    size_t defined;
    size_t lowest[LLN_SUMMARY_EXTREMES], highest[LLN_SUMMARY_EXTREMES];
    lln_summary_count sink, local, distant;
    lln_summary_count logit;   /* above the threshold */
    lln_summary_count storage; /* logits above LLN_FLOAT16_MAX */
    double uniform; /* mean of `uniform` over the heads that have it; else
                       NaN */
} lln_summary;

/* Summarises heads[count]; of the lists of extremes, the first `defined`
 * members are set. No heads: all quantiles are NaN. LLN_ENOMEM. */
LLN_NODISCARD lln_status
lln_summary_find(const lln_head_summary *heads, size_t count,
                 const lln_summary_thresholds *thresholds, lln_summary *out);

#endif
