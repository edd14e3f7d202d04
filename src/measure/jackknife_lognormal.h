/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Jackknife standard errors of the moments of ln P, in the pass that measures
 * them. */
#ifndef LLN_MEASURE_JACKKNIFE_LOGNORMAL_H
#define LLN_MEASURE_JACKKNIFE_LOGNORMAL_H

#include "measure/jackknife.h"
#include "measure/lognormal.h"

/* Moments without a group of tokens, as in lln_lognormal. */
typedef struct {
    double mean, variance, variance_row, skewness, excess_kurtosis;
} lln_lognormal_moments;

/* lln_lognormal_measure of all rows: *out is the same, bit by bit. without
 * [groups->count] receives its moments without the rows and keys of each group,
 * each row normalised again over the keys that are left; rows with fewer than
 * two keys are left out. The distances from a normal distribution have no such
 * errors: they are the largest of many differences or sums of absolute values,
 * which do not depend smoothly on the entries. NaN: no row with two keys is
 * left, or, except mean and variances, no spread. Equal to measuring again up
 * to the rounding of sums; in float32, up to 1e-6.
 * LLN_EINVAL: attention by rows; LLN_ENOMEM; LLN_EINTERRUPTED; LLN_EUNDEFINED
 * as lln_lognormal_measure, with `without` filled in. */
LLN_NODISCARD lln_status lln_lognormal_without(lln_attention *attention,
                                               const lln_jackknife *groups,
                                               lln_lognormal *out,
                                               lln_lognormal_moments *without);

/* The same with `count` groups at most, and the standard errors
 * (lln_jackknife_error) of the moments. *used: the number of groups.
 * LLN_EUNDEFINED also if there are no errors, such as for one token; *out is
 * filled in. */
LLN_NODISCARD lln_status lln_lognormal_jackknife(lln_attention *attention,
                                                 size_t count,
                                                 lln_lognormal *out,
                                                 lln_lognormal_moments *error,
                                                 size_t *used);

/* The standard errors of the standard deviations of all entries of q and of k
 * (divisor: entries - 1) under the same groups: rows of q leave with their
 * query, rows of k with their key. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_sigmas_jackknife(const lln_head *head,
                                              const lln_jackknife *groups,
                                              double *sigma_q_error,
                                              double *sigma_k_error);

#endif
