/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/shapiro.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_poly.h>
#include <math.h>

static const lln_test UNDEFINED = {NAN, NAN};

/* Weights of W: the scores divided by `norm`, but for the last one or two, and
 * by symmetry the first. */
typedef struct {
    double last, second; /* of z[n - 1] and z[n - 2] */
    size_t special;      /* 1 or 2 at each end */
    double norm;
} weights;

static weights find_weights(const double *scores, size_t n)
{
    static const double last[] = {0,         0.221157, -0.147981,
                                  -2.071190, 4.434685, -2.706056};
    static const double second[] = {0,         0.042981, -0.293762,
                                    -1.752461, 5.682633, -3.582633};
    double squares = 0, u = 1 / sqrt((double)n);
    double m1 = scores[n - 1], m2 = scores[n - 2];
    for (size_t i = 0; i < n; i++)
        squares += scores[i] * scores[i];
    double norm = sqrt(squares);
    weights w = {m1 / norm + gsl_poly_eval(last, 6, u),
                 m2 / norm + gsl_poly_eval(second, 6, u), n > 5 ? 2 : 1, 0};
    double rest = squares - 2 * m1 * m1, left = 1 - 2 * w.last * w.last;
    if (w.special == 2) {
        rest -= 2 * m2 * m2;
        left -= 2 * w.second * w.second;
    }
    w.norm = sqrt(rest / left);
    return w;
}

static double weight_at(const weights *w, const double *scores, size_t n,
                        size_t i)
{
    size_t from_end = i < n - 1 - i ? i : n - 1 - i;
    double sign = 2 * i < n - 1 ? -1 : 1;
    if (n == 3)
        return ((double)i - 1) * M_SQRT1_2;
    if (from_end >= w->special)
        return scores[i] / w->norm;
    return sign * (from_end == 0 ? w->last : w->second);
}

/* A squared correlation from sum a z, sum a^2 and sum z^2, and 1 minus it
 * without cancellation. */
typedef struct {
    double w, rest;
} fraction;

static fraction correlation(double az, double aa, double zz)
{
    double both = sqrt(aa * zz);
    double rest = fmax(0, (both - az) * (both + az) / (aa * zz));
    return (fraction){1 - rest, rest};
}

static double wilk_p(size_t count, fraction f)
{
    static const double g[] = {-2.273, 0.459};
    static const double mean_few[] = {0.5440, -0.39978, 0.025054, -6.714e-4};
    static const double sd_few[] = {1.3822, -0.77857, 0.062767, -0.0020322};
    static const double mean_many[] = {-1.5861, -0.31082, -0.083751, 0.0038915};
    static const double sd_many[] = {-0.4803, -0.082676, 0.0030302};
    double n = (double)count, w = log(f.rest), l = log(n), limit;
    if (count == 3)
        return fmax(0, 6 / M_PI * (asin(sqrt(f.w)) - asin(sqrt(0.75))));
    if (count > 11)
        return gsl_cdf_ugaussian_Q((w - gsl_poly_eval(mean_many, 4, l)) /
                                   exp(gsl_poly_eval(sd_many, 3, l)));
    limit = gsl_poly_eval(g, 2, n);
    if (w >= limit)
        return 0;
    return gsl_cdf_ugaussian_Q(
        (-log(limit - w) - gsl_poly_eval(mean_few, 4, n)) /
        exp(gsl_poly_eval(sd_few, 4, n)));
}

lln_test lln_shapiro_wilk(const lln_standard_sample *sample)
{
    size_t n = sample->n;
    double az = 0, aa = 0, zz = 0;
    if (n < 3 || n > LLN_SHAPIRO_MOST)
        return UNDEFINED;
    weights w = find_weights(sample->scores, n);
    for (size_t i = 0; i < n; i++) {
        double a = weight_at(&w, sample->scores, n, i), z = sample->z[i];
        az += a * z;
        aa += a * a;
        zz += z * z;
    }
    fraction f = correlation(az, aa, zz);
    return (lln_test){f.w, wilk_p(n, f)};
}

lln_test lln_shapiro_francia(const lln_standard_sample *sample)
{
    size_t n = sample->n;
    double az = 0, aa = 0, zz = 0;
    if (n < 5 || n > LLN_SHAPIRO_MOST)
        return UNDEFINED;
    for (size_t i = 0; i < n; i++) {
        double a = sample->scores[i], z = sample->z[i];
        az += a * z;
        aa += a * a;
        zz += z * z;
    }
    fraction f = correlation(az, aa, zz);
    double u = log((double)n), v = log(u);
    double mean = -1.2725 + 1.0521 * (v - u);
    double deviation = 1.0308 - 0.26758 * (v + 2 / u);
    return (lln_test){f.w,
                      gsl_cdf_ugaussian_Q((log(f.rest) - mean) / deviation)};
}
