/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Logits of queries and keys by the rule of a head, for all kernels that use
 * them: the one place that multiplies by the scale, and where whatever else a
 * rule does to a logit is done. Hiding keys is left to who asks. */
#ifndef LLN_KERNEL_LOGITS_H
#define LLN_KERNEL_LOGITS_H

#include "core/matrix.h"
#include "heads/logit_rule.h"

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
