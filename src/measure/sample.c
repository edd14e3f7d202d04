/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/sample.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

void lln_sample_free(lln_sample *sample)
{
    free(sample->values);
    free(sample->counts);
    *sample = (lln_sample){0};
}

/* A place in the sample: `below` of n values, the normal quantile there, and
 * the normal density at it. */
typedef struct {
    double below, quantile, density;
} cut;

static cut cut_at(double below, double n)
{
    double x = -INFINITY;
    if (below >= n)
        x = INFINITY;
    else if (2 * below >= n)
        x = gsl_cdf_ugaussian_Qinv((n - below) / n);
    else if (below > 0)
        x = gsl_cdf_ugaussian_Pinv(below / n);
    return (cut){below, x, gsl_ran_ugaussian_pdf(x)};
}

/* Sums of q and q^2 over the positions between two cuts: n times the
 * integrals of x and x^2 against the density. */
static void quantile_sums(cut a, cut b, double n, double *sum, double *squares)
{
    *sum = n * (a.density - b.density);
    *squares = b.below - a.below;
    if (isfinite(a.quantile))
        *squares += n * a.quantile * a.density;
    if (isfinite(b.quantile))
        *squares -= n * b.quantile * b.density;
}

lln_status lln_sample_normal_fit(const lln_sample *sample, double mean,
                                 double deviation, lln_normal_fit *fit)
{
    double n = sample->total, below = 0;
    cut from = cut_at(0, n);
    double zq = 0, zz = 0, qq = 0, transport = 0, ks = 0;
    *fit = (lln_normal_fit){NAN, NAN, NAN};
    if (!(deviation > 0) || n < 2)
        return lln_fail(LLN_EUNDEFINED, "no spread: no normal fits");
    double unbiased = sqrt(n / (n - 1));
    double half = sample->width / 2 / deviation;
    for (size_t i = 0; i < sample->size; i++) {
        double count = sample->counts[i], sum, squares;
        double z = (sample->values[i] - mean) / deviation;
        /* A bin is known at its edges. */
        double low = gsl_cdf_ugaussian_P((z - half) / unbiased);
        double high =
            half > 0 ? gsl_cdf_ugaussian_P((z + half) / unbiased) : low;
        ks = fmax(ks, fabs(low - below / n));
        ks = fmax(ks, fabs(high - (below + count) / n));
        if (count == 1) {
            sum = gsl_cdf_ugaussian_Pinv((below + 0.5) / n);
            squares = sum * sum;
        } else {
            if (from.below != below)
                from = cut_at(below, n);
            cut to = cut_at(below + count, n);
            quantile_sums(from, to, n, &sum, &squares);
            from = to;
        }
        transport += fabs(count * z - sum);
        zq += z * sum;
        zz += count * z * z;
        qq += squares;
        below += count;
    }
    fit->ks = ks;
    fit->wasserstein = transport / n;
    fit->qq = zq / sqrt(zz * qq);
    return LLN_OK;
}

lln_status lln_sample_histogram(const lln_sample *sample, double mean,
                                double deviation, double range, size_t bins,
                                double *density, double *normal)
{
    double width = 2 * range / (double)bins;
    if (!(deviation > 0))
        return lln_fail(LLN_EUNDEFINED, "no spread: no histogram");
    for (size_t b = 0; b < bins; b++) {
        double low = -range + (double)b * width;
        density[b] = 0;
        normal[b] =
            (gsl_cdf_ugaussian_P(low + width) - gsl_cdf_ugaussian_P(low)) /
            width;
    }
    for (size_t i = 0; i < sample->size; i++) {
        double z = (sample->values[i] - mean) / deviation;
        double at = floor((z + range) / width);
        if (at >= 0 && at < (double)bins)
            density[(size_t)at] += sample->counts[i] / sample->total / width;
    }
    return LLN_OK;
}

lln_status lln_sample_quantiles(const lln_sample *sample, double mean,
                                double deviation, size_t count,
                                double *sample_q, double *normal_q)
{
    double through = 0; /* share up to and with value i - 1 */
    size_t i = 0;
    if (!(deviation > 0))
        return lln_fail(LLN_EUNDEFINED, "no spread: no quantiles");
    for (size_t at = 0; at < count; at++) {
        double p = ((double)at + 0.5) / (double)count;
        while (i == 0 || (through < p * sample->total && i < sample->size))
            through += sample->counts[i++];
        sample_q[at] = (sample->values[i - 1] - mean) / deviation;
        normal_q[at] = gsl_cdf_ugaussian_Pinv(p);
    }
    return LLN_OK;
}
