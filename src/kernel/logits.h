/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Logits of queries and keys by the rule of a head (scale, cap, bias), for all
 * kernels that use logits. A change to the rule is made here only. Kernels that
 * put part of the scale into features read it from the rule. Callers apply the
 * mask; keys that a bias hides get -inf. */
#ifndef LLN_KERNEL_LOGITS_H
#define LLN_KERNEL_LOGITS_H

#include <stdbool.h>

#include "core/matrix.h"
#include "heads/logit_rule.h"

/* The queries and keys of a head that logits are for. Example: rows 3 and 7 and
 * keys 512 to 1023 have queries = {3, 7} and key = 512. */
typedef struct {
    size_t n, m;           /* queries and keys of the head */
    const size_t *queries; /* [rows]; NULL: query, query + 1, ... */
    size_t query;          /* the first */
    size_t key;            /* the first */
} lln_logit_place;

/* Whether float32 can represent the scale and the sums of products of queries
 * and keys with at most these Euclidean norms. The logits themselves may fit
 * even if it cannot. */
bool lln_logits_fit_float32(const lln_logit_rule *rule, double query,
                            double key);

/* out [rows of q x rows of k] = logits of q and k, both [. x d]. All three have
 * one precision. `stride` elements from one row of out to the next. place may
 * be NULL if the rule has no bias. */
void lln_logits_tile(const lln_logit_rule *rule, const lln_logit_place *place,
                     lln_matrix q, lln_matrix k, size_t stride, void *out);

/* The same in float64 for q [rows x d] and k [keys x d]; faster for one row. */
void lln_logits_rows(const lln_logit_rule *rule, const lln_logit_place *place,
                     const double *q, size_t rows, const double *k, size_t keys,
                     size_t d, size_t stride, double *out);

/* The logit of one query and `factor` times one key, both [d]. */
double lln_logits_one(const lln_logit_rule *rule, const lln_logit_place *place,
                      const double *q, double factor, const double *k,
                      size_t d);

/* What the sum of a row is less than 1 by the sink of the rule: with log_norm =
 * ln sum_j exp(s_ij), 1 / (1 + exp(log_norm - sink)); 0 without a sink. */
double lln_logits_outside(const lln_logit_rule *rule, double log_norm);

#endif
