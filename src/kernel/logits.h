/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Logits of queries and keys by the rule of a head (scale and so on), for all
 * kernels that use logits. A change to the rule is made here only. Kernels that
 * put part of the scale into features read it from the rule. Callers apply the
 * mask. */
#ifndef LLN_KERNEL_LOGITS_H
#define LLN_KERNEL_LOGITS_H

#include <stdbool.h>

#include "core/matrix.h"
#include "heads/logit_rule.h"

/* Whether float32 can represent the scale and the sums of products of queries
 * and keys with at most these Euclidean norms. The logits themselves may fit
 * even if it cannot. */
bool lln_logits_fit_float32(const lln_logit_rule *rule, double query,
                            double key);

/* out [rows of q x rows of k] = logits of q and k, both [. x d]. All three have
 * one precision. `stride` elements from one row of out to the next. */
void lln_logits_tile(const lln_logit_rule *rule, lln_matrix q, lln_matrix k,
                     size_t stride, void *out);

/* The same in float64 for q [rows x d] and k [keys x d]; faster for one row. */
void lln_logits_rows(const lln_logit_rule *rule, const double *q, size_t rows,
                     const double *k, size_t keys, size_t d, size_t stride,
                     double *out);

/* The logit of one query and `factor` times one key, both [d]. */
double lln_logits_one(const lln_logit_rule *rule, const double *q,
                      double factor, const double *k, size_t d);

#endif
