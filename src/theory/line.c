/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theory/line.h"

#include <math.h>

/* Least squares on exact D2 for 0 < s2 <= 40. */
static const struct hyperbola {
    size_t d;
    double slope, centre, width; /* m, x0, w */
} HYPERBOLAS[] = {
    {8, 0.26245533588832787, 0.78773722446044658, 4.4061492854063182},
    {16, 0.2233935148784077, 1.943899838079588, 4.8151229317394053},
    {32, 0.19344589652194155, 3.0725930630399745, 5.1020586702696047},
    {64, 0.16980391556163069, 4.176593092394004, 5.3099656125305099},
    {128, 0.15068740750651438, 5.259872421835273, 5.464244273515555},
    {256, 0.13492246141312667, 6.325915032165061, 5.5803699679705741},
};

static lln_status check(double x, const char *name)
{
    if (!(x >= 0 && isfinite(x)))
        return lln_fail(LLN_EINVAL, "%s %g: expected finite and not negative",
                        name, x);
    return LLN_OK;
}

static lln_status find(size_t d, const struct hyperbola **found)
{
    size_t count = sizeof HYPERBOLAS / sizeof *HYPERBOLAS;
    for (size_t i = 0; i < count; i++) {
        if (HYPERBOLAS[i].d == d) {
            *found = &HYPERBOLAS[i];
            return LLN_OK;
        }
    }
    return lln_fail(LLN_EUNDEFINED,
                    "hyperbola for %zu features: expected 8, 16, 32, 64, 128 "
                    "or 256",
                    d);
}

/* x - x0 + sqrt((x - x0)^2 + w^2) */
static double branch(const struct hyperbola *h, double x)
{
    return x - h->centre + hypot(x - h->centre, h->width);
}

lln_status lln_theory_paper_side(double sigma_q, double sigma_k, double *s)
{
    LLN_TRY(check(sigma_q, "sigma_q"));
    LLN_TRY(check(sigma_k, "sigma_k"));
    double sigma = sigma_q * sigma_k;
    *s = sqrt((sigma * sigma - LLN_THEORY_PAPER_INTERCEPT) /
              (2 * LLN_THEORY_PAPER_SLOPE));
    return LLN_OK;
}

lln_status lln_theory_paper_variance(double s2, double *variance)
{
    LLN_TRY(check(s2, "s2"));
    *variance = LLN_THEORY_PAPER_SLOPE * s2 + LLN_THEORY_PAPER_INTERCEPT;
    return LLN_OK;
}

lln_status lln_theory_hyperbola(size_t d, double s2, double *variance)
{
    const struct hyperbola *h = HYPERBOLAS;
    *variance = NAN;
    LLN_TRY(check(s2, "s2"));
    LLN_TRY(find(d, &h));
    *variance = h->slope / 2 * (branch(h, s2) - branch(h, 0));
    return LLN_OK;
}

lln_status lln_theory_hyperbola_inverse(size_t d, double variance, double *s2)
{
    const struct hyperbola *h = HYPERBOLAS;
    *s2 = NAN;
    LLN_TRY(check(variance, "variance"));
    LLN_TRY(find(d, &h));
    double t = 2 * variance / h->slope + branch(h, 0);
    *s2 = h->centre + (t - h->width * h->width / t) / 2;
    return LLN_OK;
}
