/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Trapezoidal sums over z. Points y = u + s z are on one lattice whose spacing
 * divides the step of u, so that exp(-e^y) is evaluated once for the whole
 * grid. For small s such a lattice would be too fine; then exp(-e^y) is
 * evaluated for each pair (u, z). */
#include "theory/transform.h"

#include <math.h>

#include "core/vector_math.h"

/* Above this y, e^{-e^y} < 1e-19: the complement is 1. */
static const double CEILING = 3.8;

/* Below this s, exponentials are evaluated for each node. The trapezoidal rule
 * with step 0.7 in z is exact to e^{-2 pi^2 / 0.7^2} = e^{-40} there. */
static const double SMALL_SPREAD = 0.1, SMALL_SPACING = 0.7;

double lln_transform_depth(size_t d, double digits)
{
    return log((double)d) + digits;
}

/* 1 - phi(e^u) is e^{u + s^2/2} while -u > s^2, then about e^{-u^2/(2 s^2)}. */
double lln_transform_left(double s, double depth)
{
    double reach = sqrt(2 * depth);
    return s < reach ? -(s * s / 2 + depth) : -s * reach;
}

/* The Fourier transform of exp(-e^y) decreases as e^{-pi |w| / 2}, that of the
 * normal density as e^{-s^2 w^2 / 2}. Their product at w = 2 pi / spacing is
 * e^{-40} for this spacing. */
static double lattice_spacing(double s)
{
    return M_PI * M_PI / (40 + M_PI * M_PI / (8 * s * s));
}

static void set_weights(lln_transform *t, double z_step)
{
    ptrdiff_t count = 2 * t->reach + 1;
    for (ptrdiff_t n = 0; n < count; n++) {
        double z = (double)(n - t->reach) * z_step;
        t->weight[n] = z_step * exp(-z * z / 2) / sqrt(2 * M_PI);
    }
    double sum = 0;
    for (ptrdiff_t n = count; n-- > 0;)
        t->tail[n] = sum += t->weight[n];
}

void lln_transform_init(lln_transform *t, double s, double step, double depth)
{
    double reach = sqrt(2 * depth);
    t->s = s;
    t->step = t->spacing = step;
    t->depth = depth;
    t->stride = t->reach = 0;
    if (s == 0) {
        t->weight[0] = 1;
    } else if (s < SMALL_SPREAD) {
        t->reach = (ptrdiff_t)(reach / SMALL_SPACING);
        set_weights(t, SMALL_SPACING);
    } else {
        t->stride = (ptrdiff_t)ceil(step / lattice_spacing(s));
        t->spacing = step / (double)t->stride;
        t->reach = (ptrdiff_t)(reach * s / t->spacing);
        set_weights(t, t->spacing / s);
    }
}

void lln_transform_move(lln_transform *t, double start)
{
    t->start = start;
    if (t->stride == 0)
        return;
    t->origin = (ptrdiff_t)ceil((start + t->depth) / t->spacing);
    double lowest = start - (double)t->origin * t->spacing;
    t->length = (ptrdiff_t)ceil((CEILING - lowest) / t->spacing);
    for (ptrdiff_t k = 0; k < t->length; k++) {
        double x = exp(lowest + (double)k * t->spacing);
        double c = -expm1(-x);
        t->complement[k] = c;
        t->first[k] = x * (1 - c);
        t->second[k] = x * x * (1 - c);
    }
}

static lln_transform_value pairwise_sum(const lln_transform *t, double u)
{
    lln_transform_value sum = {0};
    for (ptrdiff_t n = 0; n <= 2 * t->reach; n++) {
        double z = (double)(n - t->reach) * SMALL_SPACING;
        double x = exp(u + t->s * z), c = -expm1(-x);
        sum.complement += t->weight[n] * c;
        sum.first += t->weight[n] * x * (1 - c);
        sum.second += t->weight[n] * x * x * (1 - c);
    }
    return sum;
}

/* The lattice points [low, high) within reach of point k after u_0, and the
 * weight of the first. Returns the sum of the weights above the lattice. */
static double window(const lln_transform *t, ptrdiff_t k, ptrdiff_t *low,
                     ptrdiff_t *high, const double **weight)
{
    ptrdiff_t first = k + t->origin - t->reach;
    ptrdiff_t end = first + 2 * t->reach + 1;
    *low = *high = 0;
    *weight = t->weight;
    if (end <= 0)
        return 0;
    if (first >= t->length)
        return t->tail[0];
    *low = first > 0 ? first : 0;
    *high = end < t->length ? end : t->length;
    *weight = t->weight + (*low - first);
    return end > t->length ? t->tail[t->length - first] : 0;
}

LLN_CLONES static double dot(ptrdiff_t count, const double *x, const double *y)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (ptrdiff_t n = 0; n < count; n++)
        sum += x[n] * y[n];
    return sum;
}

lln_transform_value lln_transform_at(const lln_transform *t, size_t i)
{
    if (t->stride == 0)
        return pairwise_sum(t, t->start + (double)i * t->step);
    ptrdiff_t low, high;
    const double *weight;
    double above = window(t, (ptrdiff_t)i * t->stride, &low, &high, &weight);
    ptrdiff_t count = high - low;
    return (lln_transform_value){dot(count, weight, t->complement + low) +
                                     above,
                                 dot(count, weight, t->first + low),
                                 dot(count, weight, t->second + low)};
}

/* At point k of the lattice after u_0. */
static double complement_at(const lln_transform *t, ptrdiff_t k)
{
    if (t->stride == 0)
        return pairwise_sum(t, t->start + (double)k * t->spacing).complement;
    ptrdiff_t low, high;
    const double *weight;
    double above = window(t, k, &low, &high, &weight);
    return dot(high - low, weight, t->complement + low) + above;
}

double lln_transform_complement(const lln_transform *t, size_t i)
{
    return complement_at(t, (ptrdiff_t)i * (t->stride > 0 ? t->stride : 1));
}

void lln_transform_complements(const lln_transform *t, size_t count,
                               double *values)
{
    for (size_t k = 0; k < count; k++)
        values[k] = complement_at(t, (ptrdiff_t)k);
}
