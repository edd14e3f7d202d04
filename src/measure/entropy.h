/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How concentrated the rows of an attention matrix are. Example: the row (1/4,
 * 3/4) has entropy 0.562 nats, normalized 0.811, effective_keys 1.6, top1_mass
 * 0.75. */
#ifndef LLN_MEASURE_ENTROPY_H
#define LLN_MEASURE_ENTROPY_H

#include "measure/row_sample.h"

/* Means over rows unless stated otherwise. */
typedef struct {
    double entropy; /* H_i = -sum_j P_ij ln P_ij, nats; like the next three, NaN
                       unless each row is a distribution (LLN_ROW_DEFICIT). With
                       a sink, of P_ij / sum; a row that sees no key is then
                       left out */
    double normalized; /* H_i / ln(keys of the row); rows with one key are left
                          out */
    double min, max;   /* smallest and largest H_i, nats */
    double effective_keys; /* 1 / sum_j P_ij^2, an effective number of keys */
    double top1_mass;      /* largest P_ij of the row */
    double max_logit;   /* largest ln A_ij of the matrix; NaN for kernels whose
                           scores have no absolute scale */
    double row_sum_min; /* smallest row sum of P */
    double negative_mass; /* mean of sum_j |min(P_ij, 0)| */
    double over_log_n; /* entropy / ln m with all m keys, also masked ones; NaN
                          if m = 1 or entropy is NaN */
    double over_ceiling; /* entropy / mean of ln(keys of the row), the largest
                            possible; NaN if that is 0 or entropy is NaN */
    double outside;      /* 1 - sum_j P_ij: the weight of a sink */
    double with_sink; /* entropy of the row with the weight of the sink, o, as
                         one more outcome: (1 - o) (H_i - ln(1 - o)) - o ln o */
    double floor;   /* lln_entropy_floor of the row's keys and the spread of its
                       scores, nats; NaN for rows without LLN_ROW_MOMENTS, or if
                       entropy is NaN */
    double ln_keys; /* ln(keys of the row); a row without keys is left out */
} lln_entropy;

/* The smallest entropy that softmax of T = `keys` >= 1 logits s can have if ||s
 * - mean(s)|| = `spread` >= 0, nats:
 *     ln(1 + (T - 1) b) + spread sqrt(T (T - 1)) b / (1 + (T - 1) b),
 *     b = exp(-spread sqrt(T / (T - 1)))
 * It is reached if one logit is larger and all others are equal; for two keys,
 * always. T = 1: 0; spread 0: ln T.
 * Source: Zhai et al. (2023), theorem 3.1, which bounds the spread by norms of
 * the weights; here it is that of the logits themselves. */
double lln_entropy_floor(size_t keys, double spread);

/* Entropy of the softmax of the logits x[count], count >= 1, nats. Accurate
 * near 0; x may have -inf, but not only. */
double lln_entropy_of_logits(const double *x, size_t count);

/* Measures the rows listed in queries[count]; NULL: all n rows. A row with one
 * allowed key has entropy 0, as the formula gives; if no row has two,
 * `normalized` is NaN. `error`, unless NULL, receives the standard errors of
 * the means (lln_rows_mean) for listed rows, drawn at random from the n. That
 * of `over_ceiling` is for a ratio of two means; for fields that are not means
 * it is NaN.
 * Source: Cochran, Sampling Techniques (1977), theorem 2.5.
 * LLN_EINVAL: count = 0, or a row is not below n; LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_entropy_measure(lln_attention *attention,
                                             const size_t *queries,
                                             size_t count, lln_entropy *out,
                                             lln_entropy *error);

/* Summarises `count` rows that were measured with LLN_ROW_ENTROPY; error may be
 * NULL. */
void lln_entropy_summarise(const lln_attention *attention, const lln_row *rows,
                           size_t count, lln_entropy *out, lln_entropy *error);

#endif
