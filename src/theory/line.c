/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theory/line.h"

#include <math.h>

typedef struct {
    double slope, centre, width; /* m, x0, w */
} hyperbola;

/* Least squares on exact D2 for 0 < s2 <= 40, d = 8, 16, ..., 256. */
static const hyperbola FITS[] = {
    {0.26245533588832787, 0.78773722446044658, 4.4061492854063182},
    {0.2233935148784077, 1.943899838079588, 4.8151229317394053},
    {0.19344589652194155, 3.0725930630399745, 5.1020586702696047},
    {0.16980391556163069, 4.176593092394004, 5.3099656125305099},
    {0.15068740750651438, 5.259872421835273, 5.464244273515555},
    {0.13492246141312667, 6.325915032165061, 5.5803699679705741},
};
enum {
    LAST = sizeof FITS / sizeof *FITS - 1,
    FEWEST = 8,
    MOST = FEWEST << LAST
};

static lln_status check_value(double x, const char *name)
{
    if (!(x >= 0 && isfinite(x)))
        return lln_fail(LLN_EINVAL, "%s %g: expected finite and not negative",
                        name, x);
    return LLN_OK;
}

/* Between two fits, x0, w and 1/m are nearly linear in ln d. */
static lln_status find_hyperbola(size_t d, hyperbola *out)
{
    if (d < FEWEST || d > MOST)
        return lln_fail(LLN_EUNDEFINED,
                        "hyperbola for %zu features: expected %d to %d", d,
                        FEWEST, MOST);
    double at = log2((double)d / FEWEST);
    size_t below = at < LAST ? (size_t)at : LAST - 1;
    const hyperbola *a = &FITS[below], *b = a + 1;
    double share = at - (double)below, rest = 1 - share;
    out->slope = 1 / (rest / a->slope + share / b->slope);
    out->centre = rest * a->centre + share * b->centre;
    out->width = rest * a->width + share * b->width;
    return LLN_OK;
}

/* x - x0 + sqrt((x - x0)^2 + w^2) */
static double branch(const hyperbola *h, double x)
{
    return x - h->centre + hypot(x - h->centre, h->width);
}

lln_status lln_theory_paper_side(double sigma_q, double sigma_k, double *s)
{
    LLN_TRY(check_value(sigma_q, "sigma_q"));
    LLN_TRY(check_value(sigma_k, "sigma_k"));
    double sigma = sigma_q * sigma_k;
    *s = sqrt((sigma * sigma - LLN_THEORY_PAPER_INTERCEPT) /
              (2 * LLN_THEORY_PAPER_SLOPE));
    return LLN_OK;
}

lln_status lln_theory_paper_variance(double s2, double *variance)
{
    LLN_TRY(check_value(s2, "s2"));
    *variance = LLN_THEORY_PAPER_SLOPE * s2 + LLN_THEORY_PAPER_INTERCEPT;
    return LLN_OK;
}

lln_status lln_theory_hyperbola(size_t d, double s2, double *variance)
{
    hyperbola h = {0};
    *variance = NAN;
    LLN_TRY(check_value(s2, "s2"));
    LLN_TRY(find_hyperbola(d, &h));
    *variance = h.slope / 2 * (branch(&h, s2) - branch(&h, 0));
    return LLN_OK;
}

lln_status lln_theory_hyperbola_inverse(size_t d, double variance, double *s2)
{
    hyperbola h = {0};
    *s2 = NAN;
    LLN_TRY(check_value(variance, "variance"));
    LLN_TRY(find_hyperbola(d, &h));
    double t = 2 * variance / h.slope + branch(&h, 0);
    *s2 = h.centre + (t - h.width * h.width / t) / 2;
    return LLN_OK;
}
