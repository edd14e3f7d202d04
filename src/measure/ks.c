/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/ks.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "core/memory.h"

/* A stretch has this many elements in long samples, fewer in short ones. */
enum { LONGEST = 64, STRETCHES = 512 };

/* More than the rounding of Phi and of fractions. */
static const double ROUNDING = 1e-14;

typedef struct {
    const lln_sample *sample;
    double mean, deviation;
    double n, unbiased; /* sqrt(n / (n - 1)) */
} comparison;

/* The normal distribution function at x. For bins it is Phi(z sqrt((n-1)/n)) to
 * first order in 1/n, since n is large if there are bins. */
static double normal_at(const comparison *c, double z)
{
    if (!c->sample->half)
        return gsl_cdf_ugaussian_P(z / c->unbiased);
    double shrink = 1 - 1 / c->unbiased;
    return gsl_cdf_ugaussian_P(z) - z * gsl_ran_ugaussian_pdf(z) * shrink;
}

/* z of the lower (side = -1) or upper (1) end of an element. */
static double end_of(const comparison *c, size_t i, int side)
{
    double z = (c->sample->values[i] - c->mean) / c->deviation;
    const double *half = c->sample->half;
    return half ? z + side * (half[i] / c->deviation) : z;
}

static double count_of(const comparison *c, size_t i)
{
    return c->sample->half ? c->sample->counts[i] : 1;
}

/* Whether an element follows the last one without a gap. */
static bool continues(const comparison *c, size_t i, double low)
{
    const double *half = c->sample->half;
    return half && i > 0 &&
           low <= end_of(c, i - 1, 1) + 1e-3 * half[i] / c->deviation;
}

/* The largest distance at the ends of elements first .. end - 1; `below` values
 * are below them. */
static double largest_in(const comparison *c, size_t first, size_t end,
                         double below)
{
    double ks = 0;
    for (size_t i = first; i < end; i++) {
        double low = end_of(c, i, -1);
        if (!continues(c, i, low))
            ks = fmax(ks, fabs(normal_at(c, low) - below / c->n));
        below += count_of(c, i);
        ks = fmax(ks, fabs(normal_at(c, end_of(c, i, 1)) - below / c->n));
    }
    return ks;
}

/* Passes over all stretches. First: the largest distance at their first
 * elements. Then (best > 0): also within those that may have a larger one: both
 * distribution functions are monotone, so that a distance in a stretch is at
 * most that between one function at its beginning and the other at its end. */
static double pass_stretches(const comparison *c, double best)
{
    size_t size = c->sample->size, step = size / STRETCHES + 1;
    bool look = best > 0;
    double below = 0, through = 0;
    step = lln_size_smaller(step, LONGEST);
    for (size_t i = 0; i < size; i += step, below = through) {
        size_t end = lln_size_smaller(i + step, size);
        for (size_t j = i; j < end; j++)
            through += count_of(c, j);
        if (!look) {
            best = fmax(best, largest_in(c, i, i + 1, below));
            continue;
        }
        double low = normal_at(c, end_of(c, i, -1));
        double high = normal_at(c, end_of(c, end - 1, 1));
        double most = fmax(high - below / c->n, through / c->n - low);
        if (most + ROUNDING > best)
            best = fmax(best, largest_in(c, i, end, below));
    }
    return best;
}

double lln_sample_ks(const lln_sample *sample, double mean, double deviation)
{
    double n = sample->total;
    if (!(deviation > 0) || n < 2)
        return NAN;
    const comparison c = {sample, mean, deviation, n, sqrt(n / (n - 1))};
    return pass_stretches(&c, pass_stretches(&c, 0));
}
