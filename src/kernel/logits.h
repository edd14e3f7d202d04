/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Logits of queries and keys by the rule of a head, for all kernels that use
 * them: whatever a rule does to the logit of a query and a key is done here.
 * Kernels whose features have a part of the scale take it from the rule. Hiding
 * keys is left to the caller. */
#ifndef LLN_KERNEL_LOGITS_H
#define LLN_KERNEL_LOGITS_H

#include <stdbool.h>

#include "core/matrix.h"
#include "heads/logit_rule.h"

/* Whether float32 holds the scale and the sums of products of queries and keys
 * of at most these Euclidean norms; the logits may fit where they do not. */
bool lln_logits_fit_float32(const lln_logit_rule *rule, double query,
                            double key);

/* out [rows of q x rows of k] = logits of q and k, both [. x d] and of one
 * precision, which is that of out; `stride` elements from one row to the
 * next. */
void lln_logits_tile(const lln_logit_rule *rule, lln_matrix q, lln_matrix k,
                     size_t stride, void *out);

/* The same in float64, of q [rows x d] and k [keys x d], quicker for one
 * row. */
void lln_logits_rows(const lln_logit_rule *rule, const double *q, size_t rows,
                     const double *k, size_t keys, size_t d, size_t stride,
                     double *out);

/* The logit of one query and `factor` times one key, both [d]. */
double lln_logits_one(const lln_logit_rule *rule, const double *q,
                      double factor, const double *k, size_t d);

#endif
