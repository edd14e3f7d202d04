/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Trapezoidal sums over z. Points y = u + s z are on one lattice whose spacing
 * divides the step of u, so that exp(-e^y) is evaluated once for the whole
 * grid. For small s such a lattice would be too fine; then exp(-e^y) is
 * evaluated for each pair (u, z). */
#include "theory/transform.h"

#include <math.h>

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

/* The lattice points [low, high) within reach of u_i, and the weight of the
 * first. Returns the sum of the weights above the lattice. */
static double window(const lln_transform *t, size_t i, ptrdiff_t *low,
                     ptrdiff_t *high, const double **weight)
{
    ptrdiff_t first = (ptrdiff_t)i * t->stride + t->origin - t->reach;
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

lln_transform_value lln_transform_at(const lln_transform *t, size_t i)
{
    if (t->stride == 0)
        return pairwise_sum(t, t->start + (double)i * t->step);
    ptrdiff_t low, high;
    const double *weight;
    double above = window(t, i, &low, &high, &weight);
    const double *complement = t->complement + low, *first = t->first + low;
    const double *second = t->second + low;
    double sum0 = 0, sum1 = 0, sum2 = 0;
#pragma omp simd reduction(+ : sum0, sum1, sum2)
    for (ptrdiff_t n = 0; n < high - low; n++) {
        sum0 += weight[n] * complement[n];
        sum1 += weight[n] * first[n];
        sum2 += weight[n] * second[n];
    }
    return (lln_transform_value){sum0 + above, sum1, sum2};
}

double lln_transform_complement(const lln_transform *t, size_t i)
{
    if (t->stride == 0)
        return pairwise_sum(t, t->start + (double)i * t->step).complement;
    ptrdiff_t low, high;
    const double *weight;
    double sum = 0, above = window(t, i, &low, &high, &weight);
    const double *complement = t->complement + low;
#pragma omp simd reduction(+ : sum)
    for (ptrdiff_t n = 0; n < high - low; n++)
        sum += weight[n] * complement[n];
    return sum + above;
}
