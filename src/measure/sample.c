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

double lln_sample_share(const lln_sample *sample, double low, double high)
{
    double count = 0;
    for (size_t i = 0; i < sample->size; i++)
        if (sample->values[i] >= low && sample->values[i] < high)
            count += sample->counts[i];
    return count / sample->total;
}

double lln_sample_quantile(const lln_sample *sample, double p)
{
    double below = 0;
    size_t i = 0;
    while (i + 1 < sample->size &&
           below + sample->counts[i] < p * sample->total)
        below += sample->counts[i++];
    return sample->size > 0 ? sample->values[i] : NAN;
}
