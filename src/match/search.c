/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Root finding with few evaluations: secant steps first. If they fail, it steps
 * away from the start in strides, climbs to a maximum, and uses Brent's
 * method. */
#include "match/search.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <stdbool.h>

enum {
    SECANTS = 8,  /* steps before they count as failed */
    STRIDES = 24, /* up and down, to find a change of sign */
    CLIMBS = 40   /* steps to a maximum, at most */
};

static const double STRIDE = 0.25;      /* of x */
static const double RESOLUTION = 1e-12; /* of x */
static const double SUMMIT = 1e-6;      /* of x, at a maximum */

/* D2 grows more slowly than s^8. */
static const double STEEPEST = 8;

/* The excess at x. It is remembered because the solvers ask for known values
 * again. NaN after a failure. */
static double evaluate(lln_search *f, double x)
{
    double value = 0;
    for (size_t i = 0; i < f->known; i++)
        if (f->points[i].x == x)
            return f->points[i].excess;
    if (f->status == LLN_OK && f->known == LLN_SEARCH_POINTS)
        f->status = lln_fail(
            LLN_ENOCONV,
            "search for alpha and beta: no convergence after %d evaluations",
            LLN_SEARCH_POINTS);
    if (f->status == LLN_OK)
        f->status = f->value(f->context, exp(x), &value);
    if (f->status != LLN_OK)
        return NAN;
    /* Values without a logarithm count as very small. */
    double excess = log(fmax(value, 1e-300)) - log(f->target);
    f->points[f->known++] = (lln_search_point){x, excess};
    return excess;
}

/* The point nearest to the target. */
static lln_search_point nearest_point(const lln_search *f)
{
    lln_search_point best = {NAN, INFINITY};
    for (size_t i = 0; i < f->known; i++)
        if (fabs(f->points[i].excess) < fabs(best.excess))
            best = f->points[i];
    return best;
}

static bool target_reached(const lln_search *f)
{
    return f->status != LLN_OK || fabs(nearest_point(f).excess) <= f->tolerance;
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* Secant steps from x; stops if they do not converge. Returns the last
 * slope. */
static double secants(lln_search *f, double x, double slope)
{
    double excess = evaluate(f, x);
    for (int step = 0; step < SECANTS && !target_reached(f); step++) {
        double move = clamp(-excess / slope, -1, 1);
        double next = evaluate(f, x + move);
        if (fabs(next) > 0.7 * fabs(excess) && fabs(move) < 1)
            break;
        double secant = (next - excess) / move;
        if (secant > 0.5 && secant < STEEPEST)
            slope = secant;
        x += move;
        excess = next;
    }
    return slope;
}

/* The nearest known points on both sides of x; NaN if there is none. */
static void find_neighbours(const lln_search *f, double x,
                            lln_search_point *below, lln_search_point *above)
{
    *below = *above = (lln_search_point){NAN, NAN};
    for (size_t i = 0; i < f->known; i++) {
        lln_search_point p = f->points[i];
        if (p.x < x && !(p.x <= below->x))
            *below = p;
        if (p.x > x && !(p.x >= above->x))
            *above = p;
    }
}

/* The lowest pair of neighbouring points between which the excess increases
 * through zero. */
static bool find_rise(const lln_search *f, lln_search_point *low,
                      lln_search_point *high)
{
    bool found = false;
    for (size_t i = 0; i < f->known; i++) {
        lln_search_point below, above;
        find_neighbours(f, f->points[i].x, &below, &above);
        if (f->points[i].excess < 0 && above.excess >= 0 &&
            !(found && low->x < f->points[i].x)) {
            *low = f->points[i];
            *high = above;
            found = true;
        }
    }
    return found;
}

/* Goes up or down from x in strides until the excess changes sign or, while it
 * is negative, has decreased twice in a row. Strides up are long if the excess
 * is large; no stride passes the target, since the excess is never steeper than
 * STEEPEST. Strides down grow. */
static void stride_from(lln_search *f, double x, double direction)
{
    double last = evaluate(f, x), length = STRIDE;
    bool rise = last < 0;
    int falls = 0;
    if (direction > 0)
        length = clamp(-last / STEEPEST, STRIDE, 1);
    for (int i = 0; i < STRIDES && f->status == LLN_OK; i++) {
        x += direction * length;
        double next = evaluate(f, x);
        falls = next < last ? falls + 1 : 0;
        if (rise ? next >= 0 || falls == 2 : next < 0)
            return;
        last = next;
        length =
            direction > 0 ? clamp(-last / STEEPEST, STRIDE, 1) : 1.2 * length;
    }
}

static lln_search_point largest_point(const lln_search *f)
{
    lln_search_point best = {NAN, -INFINITY};
    for (size_t i = 0; i < f->known; i++)
        if (f->points[i].excess > best.excess)
            best = f->points[i];
    return best;
}

static double negative_excess(double x, void *data)
{
    return -evaluate(data, x);
}

/* Climbs to the maximum between the neighbours of the largest point, or until
 * it is above the target. */
static void climb_to_maximum(lln_search *f)
{
    lln_search_point below, above, top = largest_point(f);
    find_neighbours(f, top.x, &below, &above);
    if (isnan(below.x) || isnan(above.x) || f->status != LLN_OK)
        return;
    gsl_function function = {negative_excess, f};
    gsl_min_fminimizer *solver =
        gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
    int code = solver ? gsl_min_fminimizer_set(solver, &function, top.x,
                                               below.x, above.x)
                      : GSL_ENOMEM;
    for (int i = 0; i < CLIMBS && code == GSL_SUCCESS; i++) {
        if (largest_point(f).excess >= 0 ||
            solver->x_upper - solver->x_lower < SUMMIT || f->status != LLN_OK)
            break;
        code = gsl_min_fminimizer_iterate(solver);
    }
    if (solver)
        gsl_min_fminimizer_free(solver);
}

/* Looks for a change of sign by all means. */
static lln_status bracket_target(lln_search *f, lln_search_point *low,
                                 lln_search_point *high)
{
    double start = f->points[0].x;
    if (!find_rise(f, low, high))
        stride_from(f, start, evaluate(f, start) < 0 ? 1 : -1);
    if (f->status == LLN_OK && !find_rise(f, low, high))
        stride_from(f, start, evaluate(f, start) < 0 ? -1 : 1);
    if (f->status == LLN_OK && !find_rise(f, low, high))
        climb_to_maximum(f);
    if (f->status != LLN_OK || find_rise(f, low, high))
        return f->status;
    lln_search_point near = nearest_point(f);
    return lln_fail(LLN_ENOCONV,
                    "no alpha and beta reach %s %.9g; the "
                    "%s found is %.9g, at beta sigma_k = %.6g",
                    f->name, f->target,
                    near.excess < 0 ? "largest" : "smallest",
                    f->target * exp(near.excess), exp(near.x));
}

static double excess_at(double x, void *data)
{
    return evaluate(data, x);
}

/* Brent's method between two points of opposite sign, until the tolerance is
 * reached or x cannot change any more (a target within the rounding of
 * float32). */
static lln_status brent(lln_search *f, lln_search_point low,
                        lln_search_point high)
{
    gsl_function function = {excess_at, f};
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    if (!solver)
        return lln_fail(LLN_ENOMEM, "out of memory: root finder");
    int code = gsl_root_fsolver_set(solver, &function, low.x, high.x);
    while (code == GSL_SUCCESS && !target_reached(f) &&
           solver->x_upper - solver->x_lower > RESOLUTION)
        code = gsl_root_fsolver_iterate(solver);
    gsl_root_fsolver_free(solver);
    if (f->status == LLN_OK && code != GSL_SUCCESS)
        return lln_fail(LLN_ENOCONV, "search for alpha and beta: %s",
                        gsl_strerror(code));
    return f->status;
}

lln_status lln_search_root(lln_search *search, double *x, double *slope,
                           double *excess)
{
    lln_search_point low, high;
    search->known = 0;
    search->status = LLN_OK;
    *slope = secants(search, *x, *slope);
    lln_status status = LLN_OK;
    if (!target_reached(search)) {
        status = bracket_target(search, &low, &high);
        if (status == LLN_OK)
            status = brent(search, low, high);
    }
    *x = search->status == LLN_OK ? nearest_point(search).x : NAN;
    *excess = nearest_point(search).excess;
    return status == LLN_OK ? search->status : status;
}

/* Adds the interval from *last to x if the sign changes in it. */
static void watch_sign(lln_search *f, double x, lln_search_point *last,
                       lln_search_interval *intervals, size_t most,
                       size_t *count)
{
    double excess = evaluate(f, x);
    if (*count < most && (excess < 0) != (last->excess < 0))
        intervals[(*count)++] = (lln_search_interval){last->x, x};
    *last = (lln_search_point){x, excess};
}

lln_status lln_search_scan(lln_search *search, double x,
                           lln_search_interval *intervals, size_t most,
                           size_t *count)
{
    static const double STEP = 0.3, OWN = 0.04, LOW = -3.0, HIGH = 4.2;
    int below = (int)fmax(0, ceil((x - LOW) / STEP));
    int above = (int)fmax(0, ceil((HIGH - x) / STEP));
    search->known = 0;
    search->status = LLN_OK;
    *count = 0;
    double start = x - below * STEP;
    lln_search_point last = {start, evaluate(search, start)};
    for (int k = below - 1; k > 0 && search->status == LLN_OK; k--)
        watch_sign(search, x - k * STEP, &last, intervals, most, count);
    if (below > 0)
        watch_sign(search, x - OWN, &last, intervals, most, count);
    last = (lln_search_point){x + OWN, evaluate(search, x + OWN)};
    for (int k = 1; k <= above && search->status == LLN_OK; k++)
        watch_sign(search, x + k * STEP, &last, intervals, most, count);
    return search->status;
}

lln_status lln_search_between(lln_search *search, lln_search_interval interval,
                              double *x, double *excess)
{
    search->known = 0;
    search->status = LLN_OK;
    lln_search_point low = {interval.low, evaluate(search, interval.low)};
    lln_search_point high = {interval.high, evaluate(search, interval.high)};
    if (search->status == LLN_OK && (low.excess < 0) == (high.excess < 0))
        return lln_fail(LLN_ENOCONV,
                        "search for alpha and beta: no change of sign");
    if (search->status == LLN_OK)
        LLN_TRY(brent(search, low, high));
    *x = nearest_point(search).x;
    *excess = nearest_point(search).excess;
    return search->status;
}
