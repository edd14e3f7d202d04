/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests whether a sample of independent values comes from a normal distribution
 * with unknown mean and variance. */
#ifndef LLN_MEASURE_NORMALITY_TESTS_H
#define LLN_MEASURE_NORMALITY_TESTS_H

#include <stddef.h>

#include "core/status.h"

/* The sample that all tests take: x[n] less its mean, divided by its standard
 * deviation (divisor n - 1), in ascending order; so sum z = 0, sum z^2 = n - 1.
 * m = mean of z^2 = (n - 1)/n. */
typedef struct {
    double *z, *scores; /* [n] */
    size_t n;
    double skewness; /* g1 = mean of z^3 / m^1.5 */
    double kurtosis; /* b2 = mean of z^4 / m^2; 3 if normal */
} lln_standard_sample;

/* The result of a test: NaN if n is out of its range. */
typedef struct {
    double statistic, p;
} lln_test;

/* scores[i] = Phi^-1((i + 1 - 3/8)/(n + 1/4)), i = 0 .. n - 1: normal scores by
 * Blom. They depend only on n, so that many samples can share them. */
void lln_normal_scores(size_t n, double *scores);

/* Standardises x [n] in place and makes it the z of *sample, with the given
 * scores; both belong to the caller. LLN_EINVAL: a value is not finite.
 * LLN_EUNDEFINED: fewer than two values, or all are equal within rounding
 * (lln_feature_centre). */
LLN_NODISCARD lln_status lln_standard_sample_make(double *x, double *scores,
                                                  size_t n,
                                                  lln_standard_sample *sample);

/* Lilliefors: D = max_i max(i/n - F_i, F_i - (i - 1)/n), F_i = Phi(z_i); n >=
 * 5. p-value by Dallal and Wilkinson (1986), accurate for 0.001 < p < 0.1;
 * above 0.1 by the polynomials of Stephens (1974) as in nortest 1.0 for R, with
 * a jump at 0.1. The true level at nominal 5 percent is 5.5 percent. */
lln_test lln_lilliefors(const lln_standard_sample *sample);

/* Anderson-Darling with mean and variance estimated:
 *     A2 = -n - (1/n) sum_i (2i - 1) (ln F_i + ln(1 - F_(n+1-i))),
 * n >= 8. p-value from A2 (1 + 0.75/n + 2.25/n^2) by D'Agostino and Stephens
 * (1986), table 4.9; 3.7e-24 from 10 on, where the table ends. */
lln_test lln_anderson_darling(const lln_standard_sample *sample);

/* D'Agostino-Pearson: K2 = Z1^2 + Z2^2, p = exp(-K2/2), with the skewness
 * transformed to Z1 by D'Agostino (1970) and the kurtosis to Z2 by Anscombe and
 * Glynn (1983); n >= 8, and better n >= 20. */
lln_test lln_dagostino_pearson(const lln_standard_sample *sample);

/* Jarque-Bera: JB = n/6 (g1^2 + (b2 - 3)^2/4), p = exp(-JB/2), n >= 2. The
 * p-value is for n to infinity: below about 2000 values it rejects too
 * seldom. */
lln_test lln_jarque_bera(const lln_standard_sample *sample);

#endif
