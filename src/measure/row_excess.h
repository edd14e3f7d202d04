/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The mean of -ln P over the keys of a row. Example: scores (0, 1.0986), as ln
 * A, have ln Z = 1.3863, and mean -ln P = 1.3863 - 0.5493 = 0.837. */
#ifndef LLN_MEASURE_ROW_EXCESS_H
#define LLN_MEASURE_ROW_EXCESS_H

#include "core/vector_math.h"

/* Minus the mean of ln P_j + ln m over the keys of a row of softmax of scores
 * s: log_norm - log_m - mean or, if scores are nearly equal, ln mean exp(s -
 * mean) + ln(keys / m) from their cumulants, which keeps the digits that the
 * difference loses. v2, v3, v4: central moments of s divided by keys. */
LLN_INLINE double lln_row_excess(double log_norm, double mean, double v2,
                                 double v3, double v4, double log_m,
                                 double log_share)
{
    double k4 = v4 - 3 * v2 * v2;
    double near = v2 / 2 + v3 / 6 + k4 / 24 + log_share;
    double far = log_norm - log_m - mean;
    return v4 <= 1e-5 * v2 ? near : far;
}

#endif
