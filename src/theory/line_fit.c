/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theory/line_fit.h"

#include <math.h>

#include "theory/lln_theory.h"

enum { POINTS = 400, NODES = 24 };

static const double GOOD = 0.05; /* relative error */

/* D2 at Chebyshev points of the second kind between two ends. */
typedef struct {
    double x[NODES], value[NODES];
} interpolant;

static lln_status sample_curve(const lln_theory_line *line, interpolant *f)
{
    double middle = (line->s2_low + line->s2_high) / 2;
    double half = (line->s2_high - line->s2_low) / 2;
    double factor = 1 + line->ratio * line->ratio;
    for (int k = 0; k < NODES; k++) {
        f->x[k] = middle - half * cos(M_PI * k / (NODES - 1));
        double b = sqrt(f->x[k] / factor);
        LLN_TRY(lln_theory_lln_row_variance(line->d, line->ratio * b, b,
                                            &f->value[k]));
    }
    return LLN_OK;
}

/* The barycentric formula: J.-P. Berrut, L. N. Trefethen, SIAM Review 46
 * (2004), eq. 5.4. */
static double interpolate(const interpolant *f, double x)
{
    double above = 0, below = 0;
    for (int k = 0; k < NODES; k++) {
        if (x == f->x[k])
            return f->value[k];
        double weight = (k % 2 ? -1 : 1) * (k % (NODES - 1) ? 1 : 0.5);
        above += weight / (x - f->x[k]) * f->value[k];
        below += weight / (x - f->x[k]);
    }
    return above / below;
}

/* Least squares, centred. */
static void fit(const double *x, const double *y, lln_theory_line *line)
{
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    for (int i = 0; i < POINTS; i++) {
        mean_x += x[i] / POINTS;
        mean_y += y[i] / POINTS;
    }
    for (int i = 0; i < POINTS; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    line->slope = xy / xx;
    line->intercept = mean_y - line->slope * mean_x;
}

static void find_errors(const double *x, const double *y, lln_theory_line *line)
{
    line->error = line->relative_error = 0;
    line->good_low = line->good_high = NAN;
    for (int i = 0; i < POINTS; i++) {
        double error = fabs(line->slope * x[i] + line->intercept - y[i]);
        line->error = fmax(line->error, error);
        line->relative_error = fmax(line->relative_error, error / y[i]);
        if (error > GOOD * y[i])
            continue;
        line->good_low = fmin(line->good_low, y[i]);
        line->good_high = fmax(line->good_high, y[i]);
    }
}

lln_status lln_theory_line_fit(size_t d, double ratio, double low, double high,
                               lln_theory_line *out)
{
    lln_theory_line line = {.d = d, .ratio = ratio, .low = low, .high = high};
    double b[2], x[POINTS], y[POINTS], factor = 1 + ratio * ratio;
    interpolant curve;
    if (!(low > 0 && high > low && isfinite(high)))
        return lln_fail(LLN_EINVAL,
                        "range of log-variance %g to %g: expected positive and "
                        "ascending",
                        low, high);
    LLN_TRY(lln_theory_lln_match_ratio(d, low, ratio, &b[0]));
    LLN_TRY(lln_theory_lln_match_ratio(d, high, ratio, &b[1]));
    line.s2_low = factor * b[0] * b[0];
    line.s2_high = factor * b[1] * b[1];
    LLN_TRY(sample_curve(&line, &curve));
    for (int i = 0; i < POINTS; i++) {
        x[i] = line.s2_low +
               (line.s2_high - line.s2_low) * i / (double)(POINTS - 1);
        y[i] = interpolate(&curve, x[i]);
    }
    fit(x, y, &line);
    find_errors(x, y, &line);
    *out = line;
    return LLN_OK;
}
