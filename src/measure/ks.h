/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Kolmogorov-Smirnov distance of a sorted sample from a normal
 * distribution. Most stretches of a sample cannot contain the largest distance,
 * which their ends show, and are not looked at. */
#ifndef LLN_MEASURE_KS_H
#define LLN_MEASURE_KS_H

#include "measure/sample.h"

/* sup |F_n(x) - Phi((x - mean) / s)|, where s is the given standard deviation
 * times sqrt(n / (n - 1)), and n the total of counts. Bins: over the edges of
 * bins. This is lln_normal_fit.ks, see sample.h. NaN: a standard deviation that
 * is not positive, or n < 2. */
double lln_sample_ks(const lln_sample *sample, double mean, double deviation);

#endif
