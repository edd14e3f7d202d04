/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint_all_rows.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <stdlib.h>

#include "match/search.h"

/* Of Brent's methods, at most. */
enum { STEPS = 40 };

/* Of ln a: where a minimum is followed no further. */
static const double NARROW = 1e-4;

/* Of ln D2 along the curve, where the difference is corrected for it, and at a
 * solution. */
static const double NEAR = 1e-5, EXACT = 1e-12;

typedef lln_joint_point point;

typedef struct {
    const lln_joint *joint;
    double x; /* of the search in progress */
    double tolerance;
    size_t known; /* evaluations of the search in progress */
    double second[LLN_SEARCH_POINTS];
    lln_search search;
    point start; /* where the next search for b begins */
    point best;  /* the smallest modulus of the difference */
    lln_status status;
} curve;

/* D2 at sides a and b; the second quantity is kept. */
static lln_status variance_at(void *context, double b, double *variance)
{
    curve *j = context;
    const lln_joint *joint = j->joint;
    double excess;
    LLN_TRY(lln_joint_measure(joint, &joint->wide, NULL, joint->wide.q.rows,
                              j->x, log(b), &excess, &j->second[j->known]));
    *variance = joint->problem->variance * exp(excess);
    j->known++;
    return LLN_OK;
}

/* The difference of the second quantity where D2 meets its target: on the line
 * through the evaluation `at` and the one with the most similar D2. */
static double difference_on_curve(const curve *j, const point *at)
{
    size_t here = 0, near = 0;
    double least = INFINITY;
    for (size_t i = 0; i < j->known; i++)
        if (j->search.points[i].x == at->y)
            here = i;
    for (size_t i = 0; i < j->known; i++) {
        double apart = fabs(j->search.points[i].excess - at->excess);
        if (apart > 0 && apart < least) {
            least = apart;
            near = i;
        }
    }
    double difference = j->second[here] - j->joint->target;
    if (isinf(least))
        return difference;
    double rise = j->second[near] - j->second[here];
    double run = j->search.points[near].excess - at->excess;
    return difference - at->excess * rise / run;
}

/* The point of the curve at x = ln a, found from j->start. Failures other than
 * that there is none go to j->status. */
static point point_at(curve *j, double x)
{
    point at = {.x = x, .y = j->start.y, .slope = j->start.slope};
    j->x = x;
    j->known = 0;
    j->search = (lln_search){.name = "within-row log-variance",
                             .value = variance_at,
                             .context = j,
                             .target = j->joint->problem->variance,
                             .tolerance = j->tolerance};
    lln_status status = j->status;
    if (status == LLN_OK)
        status = lln_search_root(&j->search, &at.y, &at.slope, &at.excess);
    if (status != LLN_OK) {
        if (status != LLN_ENOCONV)
            j->status = status;
        at.y = at.difference = NAN;
        return at;
    }
    at.difference = difference_on_curve(j, &at);
    j->start = at;
    if (isnan(j->best.y) || fabs(at.difference) < fabs(j->best.difference))
        j->best = at;
    return at;
}

static double difference_at(double x, void *data)
{
    return point_at(data, x).difference;
}

static double modulus_at(double x, void *data)
{
    return fabs(difference_at(x, data));
}

/* A point between two of opposite sign at which the difference is 0. */
static point refine_root(curve *j, point low, point high)
{
    gsl_function function = {difference_at, j};
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    point at = low;
    j->tolerance = EXACT;
    int code = solver ? gsl_root_fsolver_set(solver, &function, low.x, high.x)
                      : GSL_ENOMEM;
    for (int step = 0; step < STEPS && code == GSL_SUCCESS; step++) {
        code = gsl_root_fsolver_iterate(solver);
        at = j->start;
        if (fabs(at.difference) <= LLN_JOINT_SOLVED / 10 || j->status != LLN_OK)
            break;
    }
    if (solver)
        gsl_root_fsolver_free(solver);
    j->tolerance = NEAR;
    return at;
}

/* Follows the modulus of the difference to its minimum between low and high, or
 * until the sign changes. */
static point refine_minimum(curve *j, point low, point middle, point high)
{
    gsl_function function = {modulus_at, j};
    gsl_min_fminimizer *solver =
        gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
    point at = middle;
    int code = solver ? gsl_min_fminimizer_set(solver, &function, middle.x,
                                               low.x, high.x)
                      : GSL_ENOMEM;
    for (int step = 0; step < STEPS && code == GSL_SUCCESS; step++) {
        code = gsl_min_fminimizer_iterate(solver);
        at = j->start;
        if (at.difference * middle.difference <= 0 || j->status != LLN_OK ||
            solver->x_upper - solver->x_lower < NARROW)
            break;
    }
    if (solver)
        gsl_min_fminimizer_free(solver);
    return at;
}

static bool is_met(const curve *j, const point *at)
{
    return fabs(at->difference) <=
           LLN_JOINT_SOLVED * fmax(1, fabs(j->joint->target));
}

/* Adds the solution between two points with a change of sign, if Brent's method
 * finds one: at a jump of the curve there is none. */
static void add_root(curve *j, point low, point high, lln_joint_outcome *out)
{
    if (isnan(low.y) || isnan(high.y) ||
        (low.difference < 0) == (high.difference < 0))
        return;
    point at = refine_root(j, low, high);
    if (is_met(j, &at))
        lln_joint_add(out, at);
}

/* Adds the solutions near a smallest modulus among three points of one sign. */
static void add_touching(curve *j, const point *p, lln_joint_outcome *out)
{
    double before = p[-1].difference, here = p->difference,
           after = p[1].difference;
    if (!(before * here > 0 && after * here > 0 && fabs(here) < fabs(before) &&
          fabs(here) < fabs(after)))
        return;
    j->start = *p;
    point at = refine_minimum(j, p[-1], *p, p[1]);
    if (!(at.difference * here < 0))
        return;
    add_root(j, at.x < p->x ? p[-1] : *p, at, out);
    add_root(j, at, at.x < p->x ? *p : p[1], out);
}

/* The points of the grid. */
static void follow_curve(curve *j, point *grid)
{
    double y[LLN_JOINT_GRID];
    double x = lln_joint_grid_x(j->joint, 0);
    j->start = (point){.x = x, .y = j->joint->limit_y, .slope = 2};
    for (int i = 0; i < LLN_JOINT_GRID; i++) {
        double next = i > 0 ? lln_joint_extrapolate(y, i) : NAN;
        if (!isnan(next))
            j->start.y = next;
        grid[i] = point_at(j, lln_joint_grid_x(j->joint, i));
        y[i] = grid[i].y;
    }
}

/* Computes the best point again with the tolerance of a solution: the whole
 * curve may meet the second target, as with one feature. */
static lln_status settle_best(curve *j)
{
    if (isnan(j->best.y))
        return LLN_OK;
    j->start = j->best;
    j->best.difference = INFINITY;
    j->tolerance = EXACT;
    j->best = point_at(j, j->start.x);
    return j->status;
}

static lln_status find_solutions(curve *j, lln_joint_outcome *out)
{
    point grid[LLN_JOINT_GRID];
    follow_curve(j, grid);
    for (int i = 0; i + 1 < LLN_JOINT_GRID; i++) {
        j->start = grid[i];
        add_root(j, grid[i + 1], grid[i], out);
        if (i > 0)
            add_touching(j, &grid[i], out);
    }
    LLN_TRY(j->status);
    out->first = grid[0];
    if (out->count > 0)
        return LLN_OK;
    LLN_TRY(settle_best(j));
    out->nearest = j->best;
    if (is_met(j, &j->best))
        lln_joint_add(out, j->best);
    return LLN_OK;
}

lln_status lln_joint_search_all_rows(const lln_joint *j, lln_joint_outcome *out)
{
    curve *search = calloc(1, sizeof *search);
    if (!search)
        return lln_fail(LLN_ENOMEM, "out of memory");
    *search = (curve){.joint = j, .tolerance = NEAR, .best = {.y = NAN}};
    *out = (lln_joint_outcome){.nearest = {.y = NAN}};
    lln_status status = find_solutions(search, out);
    free(search);
    return status;
}
