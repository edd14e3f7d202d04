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

/* Sums of q and q^2 over `count` positions after `below` of n. */
static void quantile_sums(double below, double count, double n, double *sum,
                          double *squares)
{
    if (count == 1) {
        *sum = gsl_cdf_ugaussian_Pinv((below + 0.5) / n);
        *squares = *sum * *sum;
        return;
    }
    /* n times the integrals of x and x^2 against the density. */
    double a = below > 0 ? gsl_cdf_ugaussian_Pinv(below / n) : -INFINITY;
    double above = n - below - count;
    double b = above > 0 ? gsl_cdf_ugaussian_Qinv(above / n) : INFINITY;
    double density_a = gsl_ran_ugaussian_pdf(a);
    double density_b = gsl_ran_ugaussian_pdf(b);
    *sum = n * (density_a - density_b);
    *squares = count + n * ((isfinite(a) ? a * density_a : 0) -
                            (isfinite(b) ? b * density_b : 0));
}

lln_status lln_sample_normal_fit(const lln_sample *sample, double mean,
                                 double deviation, lln_normal_fit *fit)
{
    double n = sample->total, below = 0;
    double zq = 0, zz = 0, qq = 0, transport = 0, ks = 0;
    *fit = (lln_normal_fit){NAN, NAN, NAN};
    if (!(deviation > 0) || n < 2)
        return lln_fail(LLN_EUNDEFINED, "no spread: no normal fits");
    double unbiased = sqrt(n / (n - 1));
    for (size_t i = 0; i < sample->size; i++) {
        double count = sample->counts[i], sum, squares;
        double z = (sample->values[i] - mean) / deviation;
        double cdf = gsl_cdf_ugaussian_P(z / unbiased);
        ks = fmax(ks, fabs(cdf - below / n));
        ks = fmax(ks, fabs(cdf - (below + count) / n));
        quantile_sums(below, count, n, &sum, &squares);
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
