/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/bias_numbers.h"

#include <math.h>

double lln_alibi_slope(size_t h, size_t heads, double max)
{
    size_t power = 1;
    while (2 * power <= heads)
        power *= 2;
    if (h < power)
        return exp2(-max * (double)(h + 1) / (double)power);
    return exp2(-max * (double)(2 * (h - power) + 1) / (double)(2 * power));
}

size_t lln_t5_bucket(const lln_bias_text *bias, long distance)
{
    size_t count = bias->decoder ? bias->buckets : bias->buckets / 2;
    size_t base = !bias->decoder && distance > 0 ? count : 0;
    size_t away = (size_t)(distance < 0 ? -distance : distance);
    size_t exact = count / 2;
    if (bias->decoder && distance > 0)
        away = 0;
    if (away < exact)
        return base + away;
    double place = log((double)away / (double)exact) /
                   log((double)bias->distance / (double)exact) *
                   (double)(count - exact);
    size_t bucket = exact + (size_t)place;
    return base + (bucket < count ? bucket : count - 1);
}
