/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How concentrated the rows of an attention matrix are. */
#ifndef LLN_MEASURE_ENTROPY_H
#define LLN_MEASURE_ENTROPY_H

#include "measure/row_sample.h"

/* Means over rows unless said otherwise. */
typedef struct {
    double entropy;        /* H_i = -sum_j P_ij ln P_ij, nats; NaN, as are the
                              next three, unless each row is a distribution
                              (LLN_ROW_DEFICIT) */
    double normalized;     /* H_i / ln(keys of the row); rows with one key are
                              left out */
    double min, max;       /* smallest and largest H_i, nats */
    double effective_keys; /* 1 / sum_j P_ij^2, a number of keys */
    double top1_mass;      /* largest P_ij of the row */
    double max_logit;      /* largest ln A_ij of the matrix; NaN for kernels
                              whose scores have no scale of their own */
    double row_sum_min;    /* smallest row sum of P */
    double negative_mass;  /* mean of sum_j |min(P_ij, 0)| */
    double over_log_n;     /* entropy / ln m, m all keys, hidden ones too; NaN
                              if m = 1, and as entropy is */
    double over_ceiling;   /* entropy / mean of ln(keys of the row), the largest
                              value it can have; NaN where that is 0, and as
                              entropy is */
    double floor;          /* lln_entropy_floor of the row's keys and the spread
                              of its scores, nats; NaN for rows without
                              LLN_ROW_MOMENTS, and as entropy is */
} lln_entropy;

/* The smallest entropy that softmax of T = `keys` >= 1 logits s can have if
 * ||s - mean(s)|| = `spread` >= 0, nats:
 *     ln(1 + (T - 1) b) + spread sqrt(T (T - 1)) b / (1 + (T - 1) b),
 *     b = exp(-spread sqrt(T / (T - 1)))
 * It is reached where one logit stands above others that are equal; with two
 * keys, always. T = 1: 0; spread 0: ln T.
 * Source: Zhai et al. (2023), theorem 3.1, which bounds the spread by norms of
 * the weights; here it is that of the logits themselves. */
double lln_entropy_floor(size_t keys, double spread);

/* Measures the rows listed in queries[count]; NULL: all n rows. One allowed key
 * in a row gives it entropy 0, as the formula does; if no row has two,
 * `normalized` is NaN. `error`, unless NULL, gets standard errors of the means
 * (lln_rows_mean) for listed rows, drawn at random from the n, that of
 * `over_ceiling` being of a ratio of two means; what is not a mean has none
 * and is NaN. Source: Cochran, Sampling Techniques (1977), theorem 2.5.
 * LLN_EINVAL: count = 0; LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_entropy_measure(lln_attention *attention,
                                             const size_t *queries,
                                             size_t count, lln_entropy *out,
                                             lln_entropy *error);

/* The summary of `count` rows that were measured before with
 * LLN_ROW_ENTROPY; error may be NULL. */
void lln_entropy_summarise(const lln_attention *attention, const lln_row *rows,
                           size_t count, lln_entropy *out, lln_entropy *error);

#endif
