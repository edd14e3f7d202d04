/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/normal_quantiles.h"

#include <math.h>

#include "core/vector_math.h"

/* AS 241 uses one rational function for |p - 1/2| up to this, and another one
 * beyond, where p or 1 - p is at least e^-25. */
static const double CENTRAL = 0.425;

/* d = p - 1/2, |d| <= CENTRAL. */
LLN_INLINE double central_quantile(double d)
{
    double r = CENTRAL * CENTRAL - d * d;
    double a = 2.5090809287301226727e3, b = 5.2264952788528545610e3;
    a = a * r + 3.3430575583588128105e4;
    a = a * r + 6.7265770927008700853e4;
    a = a * r + 4.5921953931549871457e4;
    a = a * r + 1.3731693765509461125e4;
    a = a * r + 1.9715909503065514427e3;
    a = a * r + 1.3314166789178437745e2;
    a = a * r + 3.3871328727963666080e0;
    b = b * r + 2.8729085735721942674e4;
    b = b * r + 3.9307895800092710610e4;
    b = b * r + 2.1213794301586595867e4;
    b = b * r + 5.3941960214247511077e3;
    b = b * r + 6.8718700749205790830e2;
    b = b * r + 4.2313330701600911252e1;
    b = b * r + 1.0;
    return d * a / b;
}

/* The quantile of 1 - p for p from e^-25 to 1/2 - CENTRAL. */
LLN_INLINE double outer_quantile(double p)
{
    double r = sqrt(-lln_log_normal_f64(p, 1023.0)) - 1.6;
    double a = 7.74545014278341407640e-4, b = 1.05075007164441684324e-9;
    a = a * r + 2.27238449892691845833e-2;
    a = a * r + 2.41780725177450611770e-1;
    a = a * r + 1.27045825245236838258e0;
    a = a * r + 3.64784832476320460504e0;
    a = a * r + 5.76949722146069140550e0;
    a = a * r + 4.63033784615654529590e0;
    a = a * r + 1.42343711074968357734e0;
    b = b * r + 5.47593808499534494600e-4;
    b = b * r + 1.51986665636164571966e-2;
    b = b * r + 1.48103976427480074590e-1;
    b = b * r + 6.89767334985100004550e-1;
    b = b * r + 1.67638483018380384940e0;
    b = b * r + 2.05319162663775882187e0;
    b = b * r + 1.0;
    return a / b;
}

/* Positions first .. end - 1, all of them in the middle. */
LLN_CLONES static void fill_middle(double n, size_t first, size_t end,
                                   double *q)
{
#pragma omp simd
    for (size_t i = first; i < end; i++)
        q[i - first] = central_quantile(((double)i + 0.5 - n / 2) / n);
}

/* The same at one of the ends. */
LLN_CLONES static void fill_outside(double n, size_t first, size_t end,
                                    double *q)
{
    bool low = (double)first < n / 2;
#pragma omp simd
    for (size_t i = first; i < end; i++) {
        double x = (double)i + 0.5;
        double outer = outer_quantile((low ? x : n - x) / n);
        q[i - first] = low ? -outer : outer;
    }
}

void lln_normal_quantiles(double n, size_t first, size_t count, double *q)
{
    size_t low = (size_t)fmax(0, ceil((0.5 - CENTRAL) * n - 0.5));
    size_t high = (size_t)floor((0.5 + CENTRAL) * n - 0.5) + 1;
    size_t at = first, end = first + count, stop = low < end ? low : end;
    if (at < stop) {
        fill_outside(n, at, stop, q);
        at = stop;
    }
    stop = high < end ? high : end;
    if (at < stop) {
        fill_middle(n, at, stop, q + (at - first));
        at = stop;
    }
    if (at < end)
        fill_outside(n, at, end, q + (at - first));
}
