/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theory/lln_theory.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <math.h>

#include "theory/covariance.h"
#include "theory/fenton.h"
#include "theory/lognormal_sum.h"

static lln_status check_sides(size_t d, double a, double b)
{
    if (d == 0)
        return lln_fail(LLN_EINVAL, "lln with 0 features: expected at least 1");
    if (!(a >= 0 && b >= 0 && a * a + b * b <= LLN_THEORY_S2_MAX))
        return lln_fail(LLN_EINVAL,
                        "lln with alpha sigma_q = %g and beta sigma_k = %g: "
                        "expected not negative, with a sum of squares of at "
                        "most %g",
                        a, b, LLN_THEORY_S2_MAX);
    return LLN_OK;
}

/* Within-row log-variance D2, if both sides are positive. */
static lln_status row_variance(size_t d, double a, double b,
                               double sum_variance, double *variance)
{
    double covariance;
    LLN_TRY(lln_sum_covariance(d, a, b, true, &covariance));
    *variance = fmax(0, sum_variance - covariance);
    return LLN_OK;
}

lln_status lln_theory_lln_row_variance(size_t d, double a, double b,
                                       double *variance)
{
    double sum[4];
    LLN_TRY(check_sides(d, a, b));
    LLN_TRY(lln_theory_sum_cumulants(d, a * a + b * b, sum));
    if (b == 0 || a == 0 || d == 1) {
        *variance = b == 0 ? 0 : a == 0 ? sum[1] : b * b;
        return LLN_OK;
    }
    return row_variance(d, a, b, sum[1], variance);
}

static lln_status log_variances(double feature_variance,
                                lln_theory_lln_values *lln)
{
    if (lln->b == 0) {
        lln->log_variance_row = lln->log_variance = 0;
        return LLN_OK;
    }
    if (lln->a == 0) {
        lln->log_variance_row = lln->log_variance = lln->sum_variance;
        return LLN_OK;
    }
    if (lln->d == 1) { /* a softmax of b Z */
        lln->log_variance_row = lln->log_variance = lln->b * lln->b;
        return LLN_OK;
    }
    double covariance;
    LLN_TRY(row_variance(lln->d, lln->a, lln->b, lln->sum_variance,
                         &lln->log_variance_row));
    LLN_TRY(lln_sum_covariance(lln->d, lln->a, lln->b, false, &covariance));
    lln->log_variance =
        fmax(0, lln->sum_variance + feature_variance - 2 * covariance);
    return LLN_OK;
}

lln_status lln_theory_lln(size_t d, double a, double b,
                          lln_theory_lln_values *lln)
{
    double sum[4], feature[4];
    lln_theory_lln_values result = {.d = d, .a = a, .b = b};
    LLN_TRY(check_sides(d, a, b));
    LLN_TRY(lln_theory_sum_cumulants(d, a * a + b * b, sum));
    LLN_TRY(lln_theory_sum_cumulants(d, a * a, feature));
    LLN_TRY(lln_theory_sum_concentration(d, a * a, &result.concentration));
    result.sum_mean = sum[0];
    result.sum_variance = sum[1];
    result.feature_mean = feature[0];
    LLN_TRY(log_variances(feature[1], &result));
    *lln = result;
    return LLN_OK;
}

lln_status lln_theory_lln_log_mean(size_t n, const lln_theory_lln_values *lln,
                                   double *log_mean)
{
    if (n == 0)
        return lln_fail(LLN_EINVAL, "lln with 0 keys: expected at least 1");
    *log_mean = lln->sum_mean - log((double)n) - lln->b * lln->b / 2 -
                lln->feature_mean;
    return LLN_OK;
}

lln_status lln_theory_lln_lambda2(size_t n, const lln_theory_lln_values *lln,
                                  double *lambda2)
{
    double keys, features;
    LLN_TRY(lln_theory_sum_excess(n, lln->b * lln->b, &keys));
    LLN_TRY(lln_theory_sum_excess(lln->d, lln->a * lln->a, &features));
    *lambda2 = sqrt(keys * features);
    return LLN_OK;
}

/* The root of ln D2(ratio s, s) = ln target in x = ln s. The function is nearly
 * linear, with slope 2 at both ends. */
struct matching {
    size_t d;
    double log_target, ratio;
    lln_status status; /* of the last evaluation */
};

static double excess_at(double x, void *data)
{
    struct matching *matching = data;
    double b = exp(x), variance = NAN;
    matching->status = lln_theory_lln_row_variance(
        matching->d, matching->ratio * b, b, &variance);
    return log(variance) - matching->log_target;
}

/* The x at which the quadrature ends. */
static double largest_side(const struct matching *matching)
{
    double factor = 1 + matching->ratio * matching->ratio;
    return log(LLN_THEORY_S2_MAX / factor) / 2 - 1e-12;
}

/* Widens [low, high] from a guess until the excess changes sign. */
static lln_status bracket_root(struct matching *matching, double guess,
                               double *low, double *high)
{
    static const double STRIDE = 0.25;
    double largest = largest_side(matching);
    double x = fmin(guess, largest);
    double excess = excess_at(x, matching), sign = excess > 0 ? -1 : 1;
    while (matching->status == LLN_OK) {
        double next = fmin(x + sign * STRIDE, largest);
        if (next == x)
            return lln_fail(
                LLN_ENOCONV,
                "no alpha and beta reach within-row log-variance %g: with %zu "
                "features and (alpha sigma_q) / (beta sigma_k) = %g, the "
                "formula ends at alpha sigma_q = %g",
                exp(matching->log_target), matching->d, matching->ratio,
                matching->ratio * exp(largest));
        excess = excess_at(next, matching);
        *low = fmin(x, next);
        *high = fmax(x, next);
        if (excess * sign >= 0)
            break;
        x = next;
    }
    return matching->status;
}

static lln_status brent(struct matching *matching, double low, double high,
                        double *root)
{
    static const double TOLERANCE = 1e-10; /* of ln s */
    gsl_function function = {excess_at, matching};
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    if (!solver)
        return lln_fail(LLN_ENOMEM, "out of memory: root finder");
    int code = gsl_root_fsolver_set(solver, &function, low, high);
    for (int step = 0; code == GSL_SUCCESS; step++) {
        double width = solver->x_upper - solver->x_lower;
        if (width < TOLERANCE)
            break;
        code = step < 100 ? gsl_root_fsolver_iterate(solver) : GSL_EMAXITER;
    }
    *root = gsl_root_fsolver_root(solver);
    gsl_root_fsolver_free(solver);
    if (matching->status != LLN_OK)
        return matching->status;
    if (code != GSL_SUCCESS)
        return lln_fail(LLN_ENOCONV, "lln matching: %s", gsl_strerror(code));
    return LLN_OK;
}

/* Secant steps from *x with the slopes that are usual there. *found is false if
 * they do not converge quickly. */
static lln_status try_secants(struct matching *matching, double largest,
                              double *x, bool *found)
{
    enum { STEPS = 7 };
    static const double LAST = 1e-7, LONGEST = 0.25;
    double slope = 2.7, excess = excess_at(*x, matching);
    *found = false;
    for (int step = 0; step < STEPS && matching->status == LLN_OK; step++) {
        double move = -excess / slope;
        if (!(fabs(move) < LONGEST) || *x + move > largest)
            break;
        if (step > 0 && fabs(move) < LAST) { /* the slope is known to 1e-4 */
            *x += move;
            *found = true;
            break;
        }
        double next = excess_at(*x + move, matching);
        slope = (next - excess) / move;
        *x += move;
        excess = next;
        if (!(slope > 1 && slope < 8))
            break;
    }
    return matching->status;
}

lln_status lln_theory_lln_match_guess(size_t d, double target, double ratio,
                                      double *x)
{
    double b2, growth = fmax(0.65 * log((double)d), 0.1);
    LLN_TRY(
        lln_theory_fenton_row_ratio_inverse(d, fmin(target, 500), ratio, &b2));
    *x = log(b2 + target * (ratio > 1 ? 1 : growth)) / 2;
    return LLN_OK;
}

lln_status lln_theory_lln_match_ratio(size_t d, double target, double ratio,
                                      double *b)
{
    if (!(target > 0 && isfinite(target)))
        return lln_fail(LLN_EINVAL,
                        "log-variance %g to match: expected positive", target);
    double b2, low = 0, high = 0, root = 0;
    struct matching matching = {
        .d = d, .log_target = log(target), .ratio = ratio};
    LLN_TRY(lln_theory_fenton_row_ratio_inverse(d, target, ratio, &b2));
    /* D2 <= b^2, because the gradient of ln S in the keys is at most b long. */
    double guess = log(fmax(b2, target)) / 2;
    bool found;
    LLN_TRY(lln_theory_lln_match_guess(d, target, ratio, &root));
    root = fmin(root, largest_side(&matching));
    LLN_TRY(try_secants(&matching, largest_side(&matching), &root, &found));
    if (!found) {
        LLN_TRY(bracket_root(&matching, guess, &low, &high));
        LLN_TRY(brent(&matching, low, high, &root));
    }
    *b = exp(root);
    return LLN_OK;
}

lln_status lln_theory_lln_match(size_t d, double target, double *s)
{
    return lln_theory_lln_match_ratio(d, target, 1, s);
}
