/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theory/fenton.h"

#include <math.h>

/* Below this exponent e^x is finite, and the plain formulas are accurate. Above
 * it only their logarithms can be computed, also accurately. */
static const double PLAIN = 600;

static lln_status check_arguments(size_t d, double x, const char *name)
{
    if (d == 0)
        return lln_fail(LLN_EINVAL, "sum of 0 log-normals: expected at least "
                                    "1");
    if (!(x >= 0 && isfinite(x)))
        return lln_fail(LLN_EINVAL, "%s %g: expected finite and not negative",
                        name, x);
    return LLN_OK;
}

/* ln(e^x - 1) */
static double log_expm1(double x)
{
    return x + log(-expm1(-x));
}

/* ln(1 + e^x) */
static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

lln_status lln_theory_fenton(size_t d, double s2, double *mean,
                             double *variance)
{
    LLN_TRY(check_arguments(d, s2, "variance of the logarithm"));
    double v;
    LLN_TRY(lln_theory_fenton_row(d, 0, s2, &v));
    if (mean)
        *mean = log((double)d) + (s2 - v) / 2;
    if (variance)
        *variance = v;
    return LLN_OK;
}

lln_status lln_theory_fenton_inverse(size_t d, double variance, double *s2)
{
    LLN_TRY(check_arguments(d, variance, "variance"));
    if (variance < PLAIN)
        *s2 = log1p((double)d * expm1(variance));
    else
        *s2 = softplus(log((double)d) + log_expm1(variance));
    return LLN_OK;
}

lln_status lln_theory_fenton_row(size_t d, double a2, double b2,
                                 double *variance)
{
    LLN_TRY(check_arguments(d, a2, "log-variance of the query side"));
    LLN_TRY(check_arguments(d, b2, "log-variance of the key side"));
    if (a2 + b2 < PLAIN)
        *variance = log1p(expm1(b2) * exp(a2) / (double)d);
    else
        *variance = softplus(log_expm1(b2) + a2 - log((double)d));
    return LLN_OK;
}

/* With q = d (e^variance - 1) the root is ln of (1 + sqrt(1 + 4q)) / 2. One of
 * the two forms below is accurate for small q, the other for large q. */
lln_status lln_theory_fenton_row_inverse(size_t d, double variance,
                                         double *side2)
{
    LLN_TRY(check_arguments(d, variance, "variance"));
    if (variance < PLAIN) {
        double q = (double)d * expm1(variance);
        *side2 = log1p(2 * q / (1 + sqrt(1 + 4 * q)));
    } else {
        double log_q = log((double)d) + log_expm1(variance);
        *side2 = log_q / 2 + asinh(exp(-log_q / 2) / 2);
    }
    return LLN_OK;
}

/* With u = ln b2, f(u) = ln(e^{b2} - 1) + ratio^2 b2 - ln q. A start below the
 * root is the b2 of e^{(1 + ratio^2) b2} - 1 = q. */
lln_status lln_theory_fenton_row_ratio_inverse(size_t d, double variance,
                                               double ratio, double *b2)
{
    if (!(ratio > 0 && isfinite(ratio)))
        return lln_fail(LLN_EINVAL, "ratio %g: expected a positive number",
                        ratio);
    if (ratio == 1)
        return lln_theory_fenton_row_inverse(d, variance, b2);
    double whole, r2 = ratio * ratio;
    LLN_TRY(lln_theory_fenton_inverse(d, variance, &whole));
    double x = whole / (1 + r2);
    double log_q = x > 0 ? log((double)d) + log_expm1(variance) : 0;
    for (int step = 0; x > 0 && step < 200; step++) {
        double slope = 1 / -expm1(-x) + r2;
        double next = x + (log_q - log_expm1(x) - r2 * x) / slope;
        if (!(next > x * (1 + 1e-15)))
            break;
        x = next;
    }
    *b2 = x;
    return LLN_OK;
}
