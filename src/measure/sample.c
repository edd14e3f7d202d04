/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/sample.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "measure/ks.h"
#include "measure/normal_quantiles.h"

void lln_sample_free(lln_sample *sample)
{
    free(sample->values);
    free(sample->counts);
    free(sample->half);
    *sample = (lln_sample){0};
}

lln_status lln_sample_alloc(size_t size, bool bins, lln_sample *sample)
{
    *sample = (lln_sample){.size = size};
    sample->values = lln_array_alloc(size, sizeof(double));
    sample->counts = lln_array_alloc(size, sizeof(double));
    sample->half = bins ? lln_array_alloc(size, sizeof(double)) : NULL;
    if (!sample->values || !sample->counts || (bins && !sample->half)) {
        lln_sample_free(sample);
        return LLN_ENOMEM;
    }
    sample->total = bins ? 0 : (double)size;
    for (size_t i = 0; !bins && i < size; i++)
        sample->counts[i] = 1;
    return LLN_OK;
}

/* Quantiles are computed in groups of this size. */
enum { GROUP = 512 };

/* Sums over z of the sample and the normal quantiles q. */
typedef struct {
    double z, zz, q2, zq, transport;
} fit_sums;

LLN_CLONES static void add_values(const double *values, const double *quantiles,
                                  size_t count, double mean, double deviation,
                                  fit_sums *sums)
{
    double z1 = 0, zz = 0, qq = 0, zq = 0, transport = 0;
#pragma omp simd reduction(+ : z1, zz, qq, zq, transport)
    for (size_t i = 0; i < count; i++) {
        double z = (values[i] - mean) / deviation, q = quantiles[i];
        transport += fabs(z - q);
        zq += z * q;
        z1 += z;
        zz += z * z;
        qq += q * q;
    }
    sums->z += z1;
    sums->zz += zz;
    sums->q2 += qq;
    sums->zq += zq;
    sums->transport += transport;
}

static void fit_values(const lln_sample *sample, double mean, double deviation,
                       lln_normal_fit *fit)
{
    double n = sample->total, quantiles[GROUP];
    fit_sums sums = {0};
    for (size_t i = 0; i < sample->size; i += GROUP) {
        size_t here = lln_size_smaller(GROUP, sample->size - i);
        lln_normal_quantiles(n, i, here, quantiles);
        add_values(sample->values + i, quantiles, here, mean, deviation, &sums);
    }
    fit->wasserstein = sums.transport / n;
    fit->qq = sums.zq / sqrt((sums.zz - sums.z * sums.z / n) * sums.q2);
}

/* A point z, with the fraction of the sample below it, the normal distribution
 * function, its density, and its integral from -infinity to z. */
typedef struct {
    double z, share, normal, density, integral;
} edge;

static edge edge_at(double z, double share)
{
    double normal = gsl_cdf_ugaussian_P(z), density = gsl_ran_ugaussian_pdf(z);
    return (edge){z, share, normal, density, z * normal + density};
}

/* Integral of fraction - normal from a to b; the fraction is linear between
 * them. */
static double difference(edge a, edge b)
{
    return (a.share + b.share) / 2 * (b.z - a.z) - (b.integral - a.integral);
}

/* Integral of |fraction - normal| from a to b. If the difference changes sign,
 * it is exact if the fraction is constant; otherwise bins are so narrow that
 * the difference is nearly linear. */
static double distance(edge a, edge b)
{
    double first = a.share - a.normal, last = b.share - b.normal;
    if (first * last >= 0)
        return fabs(difference(a, b));
    double part = first / (first - last);
    double z = a.share == b.share ? gsl_cdf_ugaussian_Pinv(a.share)
                                  : a.z + part * (b.z - a.z);
    edge between = edge_at(z, a.share + part * (b.share - a.share));
    return fabs(difference(a, between)) + fabs(difference(between, b));
}

/* The area between the distribution functions, for bins. */
static double area_between(const lln_sample *sample, double mean,
                           double deviation)
{
    double n = sample->total, below = 0, area = 0;
    edge last = {0};
    for (size_t i = 0; i < sample->size; i++) {
        double z = (sample->values[i] - mean) / deviation;
        double half = sample->half[i] / deviation;
        if (i == 0 || z - half > last.z + 1e-3 * half) {
            edge low = edge_at(z - half, below / n);
            area += i == 0 ? low.integral : distance(last, low);
            last = low;
        }
        below += sample->counts[i];
        edge high = edge_at(z + half, below / n);
        area += distance(last, high);
        last = high;
    }
    /* Above the last edge, 1 - Phi. */
    return area + last.integral - last.z;
}

/* A position with `below` of n values below it: the normal quantile and its
 * density. At the ends both are set to 0, as needed here. */
typedef struct {
    double below, quantile, density;
} cut;

static cut cut_at(double below, double n)
{
    if (below <= 0 || below >= n)
        return (cut){below, 0, 0};
    double q = 2 * below >= n ? gsl_cdf_ugaussian_Qinv((n - below) / n)
                              : gsl_cdf_ugaussian_Pinv(below / n);
    return (cut){below, q, gsl_ran_ugaussian_pdf(q)};
}

/* Adds q and q^2 over the positions from one cut to the next, as n times the
 * integrals over the fractions. */
static void add_many(cut from, cut to, double n, double *sum, double *squares)
{
    *sum += n * (from.density - to.density);
    *squares += to.below - from.below +
                n * (from.quantile * from.density - to.quantile * to.density);
}

/* The same for `count` positions after `below`, one by one. */
static void add_few(double below, double count, double n, double *sum,
                    double *squares)
{
    for (double i = 0; i < count; i++) {
        double q = gsl_cdf_ugaussian_Pinv((below + i + 0.5) / n);
        *sum += q;
        *squares += q * q;
    }
}

/* Correlation of bins with normal quantiles. */
static double correlate_bins(const lln_sample *sample, double mean,
                             double deviation)
{
    double n = sample->total, below = 0, zq = 0, z1 = 0, zz = 0, qq = 0;
    cut from = cut_at(0, n);
    for (size_t i = 0; i < sample->size; i++) {
        double z = (sample->values[i] - mean) / deviation, sum = 0;
        double count = sample->counts[i];
        if (count > 4) {
            cut to = cut_at(below + count, n);
            add_many(from.below == below ? from : cut_at(below, n), to, n, &sum,
                     &qq);
            from = to;
        } else {
            add_few(below, count, n, &sum, &qq);
        }
        zq += z * sum;
        z1 += z * count;
        zz += z * z * count;
        below += count;
    }
    return zq / sqrt((zz - z1 * z1 / n) * qq);
}

lln_status lln_sample_normal_fit(const lln_sample *sample, double mean,
                                 double deviation, lln_normal_fit *fit)
{
    *fit = (lln_normal_fit){NAN, NAN, NAN};
    if (!(deviation > 0) || sample->total < 2)
        return lln_fail(LLN_EUNDEFINED,
                        "no spread: a normal distribution cannot be fitted");
    fit->ks = lln_sample_ks(sample, mean, deviation);
    if (!sample->half) {
        fit_values(sample, mean, deviation, fit);
        return LLN_OK;
    }
    fit->wasserstein = area_between(sample, mean, deviation);
    fit->qq = correlate_bins(sample, mean, deviation);
    return LLN_OK;
}

/* Distributes `amount` over the bins between positions low and high, counted in
 * bins from the first. If they are equal, it all goes to one bin. */
static void share_out(double low, double high, double amount, size_t bins,
                      double *density)
{
    double end = fmin(high, (double)bins);
    if (low == high && low >= 0 && low < (double)bins)
        density[(size_t)low] += amount;
    for (double at = fmax(low, 0); at < end;) {
        double next = fmin(floor(at) + 1, end);
        density[(size_t)at] += amount * (next - at) / (high - low);
        at = next;
    }
}

lln_status lln_sample_histogram(const lln_sample *sample, double mean,
                                double deviation, double range, size_t bins,
                                double *density, double *normal)
{
    double width = 2 * range / (double)bins;
    if (!(deviation > 0))
        return lln_fail(LLN_EUNDEFINED,
                        "no spread: a histogram cannot be made");
    for (size_t b = 0; b < bins; b++) {
        double low = -range + (double)b * width;
        density[b] = 0;
        normal[b] =
            (gsl_cdf_ugaussian_P(low + width) - gsl_cdf_ugaussian_P(low)) /
            width;
    }
    for (size_t i = 0; i < sample->size; i++) {
        double z = (sample->values[i] - mean) / deviation;
        double half = sample->half ? sample->half[i] / deviation : 0;
        share_out((z - half + range) / width, (z + half + range) / width,
                  sample->counts[i] / sample->total / width, bins, density);
    }
    return LLN_OK;
}

lln_status lln_sample_quantiles(const lln_sample *sample, double mean,
                                double deviation, size_t count,
                                double *sample_q, double *normal_q)
{
    double through = 0; /* fraction up to and including value i - 1 */
    size_t i = 0;
    if (!(deviation > 0))
        return lln_fail(LLN_EUNDEFINED,
                        "no spread: quantiles cannot be computed");
    for (size_t at = 0; at < count; at++) {
        double p = ((double)at + 0.5) / (double)count;
        while (i == 0 || (through < p * sample->total && i < sample->size))
            through += sample->counts[i++];
        sample_q[at] = (sample->values[i - 1] - mean) / deviation;
        normal_q[at] = gsl_cdf_ugaussian_Pinv(p);
    }
    return LLN_OK;
}
