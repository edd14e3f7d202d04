/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tests of normality of Shapiro and Wilk, and of Shapiro and Francia. Both
 * need at most 5000 values: their p-values were fitted up to there. */
#ifndef LLN_MEASURE_SHAPIRO_H
#define LLN_MEASURE_SHAPIRO_H

#include "measure/normality_tests.h"

enum { LLN_SHAPIRO_MOST = 5000 };

/* Shapiro-Wilk: W = (sum a_i z_i)^2 / sum z_i^2 with the weights a of Royston
 * (1995), algorithm AS R94, for 3 to 5000 values. ln(1 - W) is nearly normal;
 * its mean and standard deviation are polynomials in n (n <= 11) or ln n. Three
 * values: the exact p = (6/pi) (asin sqrt W - asin sqrt 3/4). */
lln_test lln_shapiro_wilk(const lln_standard_sample *sample);

/* Shapiro-Francia: W' = squared correlation of z with the normal scores, for 5
 * to 5000 values. p-value by Royston (1993). */
lln_test lln_shapiro_francia(const lln_standard_sample *sample);

#endif
