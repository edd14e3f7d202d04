/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theory/number_range.h"

#include <math.h>

/* mpmath, 30 digits. fp16: ln 65520, ln 2^-14, ln 2^-25. bf16: ln(2^128 (1 -
 * 2^-9)), ln 2^-126, ln 2^-134. fp32: ln(2^128 (1 - 2^-25)), ln 2^-126, ln
 * 2^-150. */
const lln_number_format lln_number_formats[LLN_NUMBER_FORMATS] = {
    [LLN_FP16] = {"fp16", 11.090110718526951, -9.7040605278392342,
                  -17.328679513998633},
    [LLN_BF16] = {"bf16", 88.720884076837194, -87.336544750553109,
                  -92.881722195032670},
    [LLN_FP32] = {"fp32", 88.722839081870668, -87.336544750553109,
                  -103.97207708399180},
};

/* 1 - Phi(x) */
static double upper_tail(double x)
{
    return erfc(x * M_SQRT1_2) / 2;
}

static double log_phi(double x)
{
    return x > 0 ? log1p(-upper_tail(x)) : log(upper_tail(-x));
}

/* ln of the density of the largest of `count` standard normal values. */
static double log_density_of_largest(double x, double count)
{
    const double log_sqrt_2_pi = 0.91893853320467274178;
    double others = count > 1 ? (count - 1) * log_phi(x) : 0;
    return log(count) + others - x * x / 2 - log_sqrt_2_pi;
}

/* The integrands are analytic and decrease like e^{-x^2/2} beyond MARGIN from
 * their peak; the narrowest, for 1e12 values, is 0.15 wide. The trapezoidal
 * rule with this step then errs by less than 1e-15. */
static const double LOW = -9, MARGIN = 12, STEP = 0.02, MOST = 60;

typedef double integrand(double x, const void *context);

/* Integrates from LOW to the end of the peak, which is at `peak` or between 0
 * and 7 (maxima of up to 1e12 values). */
static double integrate(integrand *f, const void *context, double peak)
{
    double high = fmin(fmax(peak, 7) + MARGIN, MOST), sum = 0;
    size_t count = (size_t)((high - LOW) / STEP);
    for (size_t i = 0; i <= count; i++)
        sum += f(LOW + STEP * (double)i, context);
    return STEP * sum;
}

typedef struct {
    double group, shift;
} shifted_context;

/* f(x) F(x)^(M-2) F(x + shift) (M - 1): the density of the largest of M - 1
 * values, times the probability that one more is that far below. */
static double shifted_integrand(double x, const void *data)
{
    const shifted_context *c = data;
    return exp(log_density_of_largest(x, c->group - 1) + log_phi(x + c->shift));
}

lln_status lln_theory_range_side(const lln_number_format *format, double spread,
                                 double group, lln_range_fractions *out)
{
    if (!(spread >= 0) || !(group >= 1))
        return lln_fail(LLN_EINVAL,
                        "number range: spread %g of %g features; expected at "
                        "least 0, and at least 1 feature",
                        spread, group);
    shifted_context c = {group, format->flush / spread};
    out->overflow = upper_tail(format->overflow / spread);
    out->flushed = upper_tail(-format->flush / spread);
    out->subnormal = upper_tail(-format->normal / spread) - out->flushed;
    out->shifted_flushed =
        group > 1 && c.shift > -2 * MOST
            ? fmin(integrate(shifted_integrand, &c, -c.shift / 2), 1)
            : 0;
    return LLN_OK;
}

static lln_status check_sides(const lln_theory_sides *sides)
{
    if (sides->a >= 0 && sides->b >= 0 && sides->n > 0 && sides->m > 0 &&
        sides->d > 0)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "number range: a = %g, b = %g, %zu queries, %zu keys, %zu "
                    "features; expected a and b of at least 0, and no 0",
                    sides->a, sides->b, sides->n, sides->m, sides->d);
}

lln_status lln_theory_range_overflow(const lln_number_format *format,
                                     const lln_theory_sides *sides,
                                     double *probability)
{
    LLN_TRY(check_sides(sides));
    double d = (double)sides->d;
    *probability =
        -expm1((double)sides->n * d * log_phi(format->overflow / sides->a) +
               (double)sides->m * d * log_phi(format->overflow / sides->b));
    return LLN_OK;
}

/* One side of a product: the largest of `count` values, times a factor. */
typedef struct {
    double factor, count;
} largest_value;

typedef struct {
    largest_value small, large; /* by factor */
    double limit;
} product_context;

/* Density of the largest value with the small factor, times the probability
 * that the other one is large enough. */
static double product_integrand(double y, const void *data)
{
    const product_context *c = data;
    double enough = (c->limit - c->small.factor * y) / c->large.factor;
    return exp(log_density_of_largest(y, c->small.count)) *
           -expm1(c->large.count * log_phi(enough));
}

lln_status lln_theory_range_product(const lln_number_format *format,
                                    const lln_theory_sides *sides,
                                    double *probability)
{
    LLN_TRY(check_sides(sides));
    largest_value q = {sides->a, (double)sides->n};
    largest_value k = {sides->b, (double)sides->m};
    product_context c = {q, k, format->overflow};
    if (q.factor > k.factor) {
        c.small = k;
        c.large = q;
    }
    double squares = q.factor * q.factor + k.factor * k.factor;
    double peak = c.limit * c.small.factor / squares;
    double e = squares > 0 ? integrate(product_integrand, &c, peak) : 0;
    *probability = -expm1((double)sides->d * log1p(-fmin(e, 1)));
    return LLN_OK;
}

lln_status lln_theory_range_sum(const lln_theory_sides *sides, double *log_sum)
{
    LLN_TRY(check_sides(sides));
    *log_sum = log((double)sides->m) + log((double)sides->d) +
               (sides->a * sides->a + sides->b * sides->b) / 2;
    return LLN_OK;
}
