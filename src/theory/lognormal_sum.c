/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theory/lognormal_sum.h"

#include <gsl/gsl_math.h>
#include <gsl/gsl_sf_zeta.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "theory/sum_row.h"

/* The trapezoidal rule in u has an error of about e^{-pi^2 / step} = e^{-52}.
 * The step is a binary fraction, so that the points u have no rounding
 * error. */
static const double STEP = 0.1875;

/* e^{-45} = 3e-20 leaves the fourth moment about a mean of -60 exact. */
static const double DIGITS = 45;

/* density = d first phi^(d-1), and the same with `second`. */
LLN_CLONES static void weigh_values(double d, const lln_transform_values *at,
                                    double *density, double *second)
{
#pragma omp simd
    for (int b = 0; b < LLN_TRANSFORM_MANY; b++) {
        double c = at->complement[b], phi = 1 - c;
        /* ln(1 - c), with what the subtraction lost. */
        double log_phi = lln_log_f64(phi) + ((1 - phi) - c) / phi;
        double scale = d * lln_exp_f64((d - 1) * log_phi);
        density[b] = scale * at->first[b];
        second[b] = scale * at->second[b];
    }
}

/* Computes the density of X and returns its length. The concentration is the
 * same integral with another factor. */
static size_t fill_density(lln_sum_workspace *w, size_t d,
                           double *concentration)
{
    lln_transform_values at;
    double second[LLN_TRANSFORM_MANY], sum = 0, terms = (double)d;
    size_t i = 0;
    bool ends = false;
    while (!ends && i < LLN_TRANSFORM_WEIGHTS) {
        double *density = w->density + i;
        lln_transform_at(&w->transform, i, &at);
        weigh_values(terms, &at, density, second);
        for (int b = 0; b < LLN_TRANSFORM_MANY && !ends; b++) {
            ends = at.complement[b] >= 1;
            if (ends)
                break;
            sum += second[b];
            ends = terms * at.complement[b] > 0.5 && density[b] < 1e-24;
            i += !ends;
        }
    }
    *concentration = STEP * sum;
    return i;
}

/* Mass, mean and central moments 2..4 of the density, in this order. */
static void density_moments(const lln_sum_workspace *w, size_t count,
                            double moments[5])
{
    double mass = 0, first = 0, m2 = 0, m3 = 0, m4 = 0;
    double start = w->transform.start;
    for (size_t i = 0; i < count; i++) {
        mass += w->density[i];
        first += w->density[i] * (double)i;
    }
    double centre = first / mass, rest = 0;
    for (size_t i = 0; i < count; i++)
        rest += w->density[i] * ((double)i - centre);
    centre += rest / mass;
    for (size_t i = 0; i < count; i++) {
        double x = ((double)i - centre) * STEP, term = w->density[i] * x * x;
        m2 += term;
        m3 += term * x;
        m4 += term * x * x;
    }
    moments[0] = mass * STEP;
    moments[1] = start + centre * STEP;
    moments[2] = m2 / mass;
    moments[3] = m3 / mass;
    moments[4] = m4 / mass;
}

/* Cumulants of ln S from those of X = G - ln S and of G = ln Exp(1). */
static void remove_gumbel(const double x[5], double cumulants[4])
{
    cumulants[0] = -M_EULER - x[1];
    cumulants[1] = x[2] - M_PI * M_PI / 6;
    cumulants[2] = -2 * gsl_sf_zeta_int(3) - x[3];
    cumulants[3] = x[4] - 3 * x[2] * x[2] - pow(M_PI, 4) / 15;
}

/* For small s2, where the quadrature would leave only rounding: Fenton's
 * moments are exact up to terms of order s2^3 / d^2, here below 1e-15; one term
 * is normal. */
static void narrow_cumulants(size_t d, double s2, double cumulants[4])
{
    double variance = d == 1 ? s2 : log1p(expm1(s2) / (double)d);
    cumulants[0] = log((double)d) + (s2 - variance) / 2;
    cumulants[1] = variance;
    cumulants[2] = cumulants[3] = 0;
}

lln_status lln_sum_row(lln_sum_workspace *w, size_t d, double s,
                       lln_sum_row_values *row)
{
    lln_sum_row_values result;
    double moments[5], depth = lln_transform_depth(d, DIGITS);
    lln_transform_init(&w->transform, s, STEP, depth);
    double left = lln_transform_left(s, depth);
    lln_transform_move(&w->transform, STEP * floor(left / STEP));
    size_t count = fill_density(w, d, &result.concentration);
    density_moments(w, count, moments);
    if (!(fabs(moments[0] - 1) < 1e-10))
        return lln_fail(LLN_ENOCONV,
                        "sum of %zu log-normals, spread %g: the density "
                        "integrates to %.12g, expected 1",
                        d, s, moments[0]);
    if (d == 1 || s * s < 1e-5)
        narrow_cumulants(d, s * s, result.cumulants);
    else
        remove_gumbel(moments, result.cumulants);
    *row = result;
    return LLN_OK;
}

static lln_status sum_row(size_t d, double s2, lln_sum_row_values *row)
{
    if (d == 0 || !(s2 >= 0 && s2 <= LLN_THEORY_S2_MAX))
        return lln_fail(LLN_EINVAL,
                        "sum of %zu log-normals with variance %g: expected at "
                        "least 1, and 0 to %g",
                        d, s2, LLN_THEORY_S2_MAX);
    lln_sum_workspace *w = lln_array_alloc(1, sizeof *w);
    if (!w)
        return LLN_ENOMEM;
    lln_status status = lln_sum_row(w, d, sqrt(s2), row);
    free(w);
    return status;
}

lln_status lln_theory_sum_cumulants(size_t d, double s2, double cumulants[4])
{
    lln_sum_row_values row;
    LLN_TRY(sum_row(d, s2, &row));
    for (int k = 0; k < 4; k++)
        cumulants[k] = row.cumulants[k];
    return LLN_OK;
}

lln_status lln_theory_sum_concentration(size_t d, double s2,
                                        double *concentration)
{
    lln_sum_row_values row;
    LLN_TRY(sum_row(d, s2, &row));
    *concentration = row.concentration;
    return LLN_OK;
}

double lln_theory_small_excess(size_t d, double s2)
{
    double terms = (double)d;
    return s2 > 1e-8 ? NAN : (terms - 1) * expm1(s2) / (terms * terms);
}

lln_status lln_theory_sum_excess(size_t d, double s2, double *excess)
{
    double concentration;
    *excess = lln_theory_small_excess(d, s2);
    if (!isnan(*excess))
        return LLN_OK;
    LLN_TRY(lln_theory_sum_concentration(d, s2, &concentration));
    *excess = fmax(0, concentration - 1 / (double)d);
    return LLN_OK;
}
