/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many independent values the tokens and features of queries or keys are
 * worth: neighbouring tokens are autocorrelated, and features correlated. */
#ifndef LLN_MEASURE_EFFECTIVE_H
#define LLN_MEASURE_EFFECTIVE_H

#include "core/matrix.h"

typedef struct {
    double n_mean;   /* tokens, for an average over tokens */
    double n_var;    /* tokens, for a variance or a distribution */
    double features; /* f_eff */
    double values;   /* n_var f_eff */
} lln_effective;

/* With c_t the autocovariance at lag t (divisor n) of the columns less their
 * means, summed over columns, and r_t = c_t / c_0:
 *     n_mean = n / (1 + 2 sum r_t),
 *     n_var  = n / (1 + 2 sum (1 - t/n) r_t^2),
 * with t = 1, 2, .. up to n/2 in pairs (t, t + 1), t odd, as long as r_t +
 * r_(t+1) is positive (Geyer 1992, section 3.3). For tokens with r_t = rho^t:
 * n (1 - rho)/(1 + rho) and n (1 - rho^2)/(1 + rho^2) in the limit of large n.
 *     f_eff = tr(C)^2 / tr(C^2),
 * C the covariance of the columns, between 1 and their number. With n tokens it
 * is too small by about the factor n / (n + columns).
 *
 * a [n x d] is finite. Writes all of a to *all and, unless it is NULL, what one
 * column alone gives to each of features [d]; there f_eff is 1. A constant
 * column counts as 0 in *all, and its own values are NaN. One or no token, or
 * no column that varies: NaN, LLN_EUNDEFINED. LLN_ENOMEM. Memory: n d float64;
 * time: n d ln n + n d min(n, d). */
LLN_NODISCARD lln_status lln_effective_measure(lln_matrix a, lln_effective *all,
                                               lln_effective *features);

/* all->n_var of lln_effective_measure alone, up to rounding. Takes 2 n d
 * operations for each lag, and as many lags as come in positive pairs; if these
 * are more than 64, it transforms. Statuses as there; then *n_var is NaN. */
LLN_NODISCARD lln_status lln_effective_tokens(lln_matrix a, double *n_var);

#endif
