/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/moments.h"

lln_moments lln_moments_from_sums(double count, double center,
                                  const double power[5])
{
    const double *p = power;
    double shift = p[1] / count;
    return (lln_moments){
        .count = count,
        .mean = center + shift,
        .m2 = p[2] - p[1] * shift,
        .m3 = p[3] - shift * (3 * p[2] - 2 * p[1] * shift),
        .m4 = p[4] - shift * (4 * p[3] - shift * (6 * p[2] - 3 * p[1] * shift)),
    };
}

void lln_moments_merge(lln_moments *a, const lln_moments *b)
{
    double na = a->count, n = na + b->count;
    if (b->count == 0)
        return;
    double delta = b->mean - a->mean, d2 = delta * delta;
    double ra = na / n, rb = b->count / n;
    a->m4 += b->m4 + d2 * d2 * na * rb * (ra * ra - ra * rb + rb * rb) +
             6 * d2 * (ra * ra * b->m2 + rb * rb * a->m2) +
             4 * delta * (ra * b->m3 - rb * a->m3);
    a->m3 += b->m3 + d2 * delta * na * rb * (ra - rb) +
             3 * delta * (ra * b->m2 - rb * a->m2);
    a->m2 += b->m2 + d2 * na * rb;
    a->mean += delta * rb;
    a->count = n;
}

void lln_moments_add(lln_moments *a, const double *x, size_t count)
{
    double sum = 0, p2 = 0, p3 = 0, p4 = 0;
    if (count == 0)
        return;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += x[i] - x[0];
    double mean = x[0] + sum / (double)count;
#pragma omp simd reduction(+ : p2, p3, p4)
    for (size_t i = 0; i < count; i++) {
        double z = x[i] - mean, z2 = z * z;
        p2 += z2;
        p3 += z2 * z;
        p4 += z2 * z2;
    }
    lln_moments_merge(a, &(lln_moments){(double)count, mean, p2, p3, p4});
}

void lln_moments_settle(lln_moments *a, double rounding)
{
    if (a->m2 <= a->count * rounding * rounding)
        a->m2 = a->m3 = a->m4 = 0;
}
