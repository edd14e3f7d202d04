/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Trapezoidal sums over z. Points y = u + s z are on one lattice whose spacing
 * divides the step of u, so that exp(-e^y) is evaluated once for the whole
 * grid. For small s such a lattice would be too fine; then exp(-e^y) is
 * evaluated for each pair (u, z). */
#include "theory/transform.h"

#include <math.h>
#include <stdbool.h>

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

/* Beyond the ends of the lattice, the complement is 0 below and 1 above. */
static void fill_lattice(lln_transform *t)
{
    double *complement = t->complement + LLN_TRANSFORM_MANY;
    double *first = t->first + LLN_TRANSFORM_MANY;
    double *second = t->second + LLN_TRANSFORM_MANY;
    for (ptrdiff_t k = 0; k < t->length; k++) {
        double x = exp(t->lowest + (double)k * t->spacing);
        double c = -expm1(-x);
        complement[k] = c;
        first[k] = x * (1 - c);
        second[k] = x * x * (1 - c);
    }
    for (ptrdiff_t k = t->length; k < t->length + LLN_TRANSFORM_MANY; k++) {
        complement[k] = 1;
        first[k] = second[k] = 0;
    }
}

void lln_transform_move(lln_transform *t, double start)
{
    t->start = start;
    if (t->stride == 0)
        return;
    t->origin = (ptrdiff_t)ceil((start + t->depth) / t->spacing);
    double lowest = start - (double)t->origin * t->spacing;
    ptrdiff_t length = (ptrdiff_t)ceil((CEILING - lowest) / t->spacing);
    bool same =
        lowest == t->lowest && length == t->length && t->spacing == t->lattice;
    t->lowest = lowest;
    t->length = length;
    t->lattice = t->spacing;
    if (!same)
        fill_lattice(t);
}

typedef struct {
    double complement, first, second;
} pairwise;

static pairwise pairwise_sum(const lln_transform *t, double u)
{
    pairwise sum = {0};
    for (ptrdiff_t n = 0; n <= 2 * t->reach; n++) {
        double z = (double)(n - t->reach) * SMALL_SPACING;
        double x = exp(u + t->s * z), c = -expm1(-x);
        sum.complement += t->weight[n] * c;
        sum.first += t->weight[n] * x * (1 - c);
        sum.second += t->weight[n] * x * x * (1 - c);
    }
    return sum;
}

/* Which weights count for MANY lattice points together, and where they meet the
 * padded lattice. */
typedef struct {
    ptrdiff_t first, end, lattice;
    double above; /* sum of the weights above the lattice */
} window;

static window window_at(const lln_transform *t, ptrdiff_t k)
{
    ptrdiff_t place = k + t->origin - t->reach, count = 2 * t->reach + 1;
    window w = {.first = 0, .end = count};
    if (place + LLN_TRANSFORM_MANY - 1 < 0)
        w.first = -(place + LLN_TRANSFORM_MANY - 1);
    if (place + count > t->length)
        w.end = t->length > place ? t->length - place : 0;
    if (w.first >= count)
        return (window){0};
    if (w.end < count)
        w.above = t->tail[w.end];
    w.lattice = place + LLN_TRANSFORM_MANY;
    return w;
}

/* sums[b] = start + sum over n of weight[n] values[n + b] */
LLN_CLONES static void convolve(const double *weight, const double *values,
                                ptrdiff_t count, double start, double *sums)
{
    double total[LLN_TRANSFORM_MANY];
    for (int b = 0; b < LLN_TRANSFORM_MANY; b++)
        total[b] = start;
    for (ptrdiff_t n = 0; n < count; n++) {
        double factor = weight[n];
        for (int b = 0; b < LLN_TRANSFORM_MANY; b++)
            total[b] += factor * values[n + b];
    }
    for (int b = 0; b < LLN_TRANSFORM_MANY; b++)
        sums[b] = total[b];
}

/* The convolution of the weights with values of the lattice, at points k to k +
 * MANY - 1 after u_0. */
static void sum_window(const lln_transform *t, const window *w,
                       const double *values, double start, double *sums)
{
    ptrdiff_t count = w->end > w->first ? w->end - w->first : 0;
    convolve(t->weight + w->first, values + w->lattice + w->first, count, start,
             sums);
}

void lln_transform_at(const lln_transform *t, size_t i,
                      lln_transform_values *values)
{
    ptrdiff_t stride = t->stride;
    for (ptrdiff_t b = 0; stride == 0 && b < LLN_TRANSFORM_MANY; b++) {
        double u = t->start + (double)(i + (size_t)b) * t->step;
        pairwise sum = pairwise_sum(t, u);
        values->complement[b] = sum.complement;
        values->first[b] = sum.first;
        values->second[b] = sum.second;
    }
    lln_transform_values all = {0};
    for (ptrdiff_t b = 0; stride > 0 && b < LLN_TRANSFORM_MANY;) {
        window w = window_at(t, ((ptrdiff_t)i + b) * stride);
        sum_window(t, &w, t->complement, w.above, all.complement);
        sum_window(t, &w, t->first, 0, all.first);
        sum_window(t, &w, t->second, 0, all.second);
        for (ptrdiff_t k = 0; k < LLN_TRANSFORM_MANY && b < LLN_TRANSFORM_MANY;
             k += stride, b++) {
            values->complement[b] = all.complement[k];
            values->first[b] = all.first[k];
            values->second[b] = all.second[k];
        }
    }
}

/* Complements at points k to k + MANY - 1 of the lattice after u_0. */
static void complements_at(const lln_transform *t, ptrdiff_t k, double *values)
{
    for (ptrdiff_t b = 0; t->stride == 0 && b < LLN_TRANSFORM_MANY; b++)
        values[b] =
            pairwise_sum(t, t->start + (double)(k + b) * t->spacing).complement;
    if (t->stride == 0)
        return;
    window w = window_at(t, k);
    sum_window(t, &w, t->complement, w.above, values);
}

void lln_transform_complements(const lln_transform *t, size_t count,
                               double *values)
{
    double some[LLN_TRANSFORM_MANY];
    for (size_t k = 0; k < count; k += LLN_TRANSFORM_MANY) {
        complements_at(t, (ptrdiff_t)k, some);
        for (size_t b = 0; b < LLN_TRANSFORM_MANY && k + b < count; b++)
            values[k + b] = some[b];
    }
}
