/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How close the entries of an attention matrix are to log-normal: moments of ln
 * P and its distance from a normal distribution. lognormal.h uses rows.h
 * (moments), bins.h and sample.h (distribution). Example: the rows (1/4, 3/4)
 * and (1/2, 1/2) have variance 0.156 (D1) and variance_row 0.302 (D2). */
#ifndef LLN_MEASURE_LOGNORMAL_H
#define LLN_MEASURE_LOGNORMAL_H

#include "measure/row_sample.h"
#include "measure/sample.h"

/* Over the entries L_ij = ln P_ij of allowed keys, for rows with at least two
 * keys. */
typedef struct {
    double mean;         /* of all L_ij */
    double variance;     /* overall log-variance D1, of all L_ij, divisor: their
                            number */
    double variance_row; /* within-row log-variance D2: mean over rows of the
                            variance in the row, divisor: keys - 1 */
    double skewness, excess_kurtosis; /* of all L_ij, standardised with D1 */
    lln_normal_fit fit;        /* against the normal of the same mean and D1 */
    double mean_error;         /* standard errors of mean and variance_row */
    double variance_row_error; /* of them as estimates for all rows */
    double resolution;  /* fit.ks may be too small by this, due to bins; 0: no
                           bins */
    double sample_mean; /* of L_ij + ln m, which samples contain */
} lln_lognormal;

/* Measures the rows listed in queries[count], drawn at random from the n; NULL:
 * all n rows. If D2 has a closed form, it is that of all rows. `sample`, unless
 * NULL, receives the distribution of L_ij + ln m; release it with
 * lln_sample_free. Moments are merged exactly over tiles and rows. Up to 2^17
 * entries are sorted; more are counted in bins (measure/bins.h), at most 6e-4
 * standard deviations wide within 6 of the mean, and 1.2e-3 of their distance
 * beyond. Whatever the distribution of L_ij, fit.ks is then too small by less
 * than 2.5e-4, and fit.wasserstein wrong by less than 4e-4. If no L_ij are
 * equal, both errors are usually far smaller. Memory in addition to the
 * attention's own: O(n) and, for each thread, up to 64 MiB of scores (at least
 * one row) and 0.9 MiB of counts.
 * LLN_EUNDEFINED: no row with two keys, or no spread beyond lln_row_rounding;
 * values that do not exist are NaN. LLN_EINVAL: no rows. LLN_ENOMEM;
 * LLN_EINTERRUPTED. Moments: Pebay (2008). */
LLN_NODISCARD lln_status lln_lognormal_measure(lln_attention *attention,
                                               const size_t *queries,
                                               size_t count, lln_lognormal *out,
                                               lln_sample *sample);

/* fit.ks of lln_lognormal_measure, the same value, without the rest of the fit.
 * LLN_EUNDEFINED: NaN. Other statuses as there. */
LLN_NODISCARD lln_status lln_lognormal_distance(lln_attention *attention,
                                                const size_t *queries,
                                                size_t count, double *ks);

/* lln_lognormal_measure from measured rows[count] of the attention, without the
 * distribution: `fit` and `resolution` stay undefined, and variance_row is that
 * of these rows. LLN_EUNDEFINED as above. */
LLN_NODISCARD lln_status lln_lognormal_pool(const lln_attention *attention,
                                            const lln_row *rows, size_t count,
                                            lln_lognormal *out);

/* lln_sample_histogram and lln_sample_quantiles of the sample that belongs to
 * `fit`, standardised with its mean and D1. */
LLN_NODISCARD lln_status lln_lognormal_histogram(const lln_lognormal *fit,
                                                 const lln_sample *sample,
                                                 double range, size_t bins,
                                                 double *density,
                                                 double *normal);
LLN_NODISCARD lln_status lln_lognormal_quantiles(const lln_lognormal *fit,
                                                 const lln_sample *sample,
                                                 size_t count, double *sample_q,
                                                 double *normal_q);

#endif
