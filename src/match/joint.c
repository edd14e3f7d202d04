/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "heads/wide.h"
#include "kernel/table/table.h"
#include "match/joint_limit.h"
#include "match/lln_side.h"
#include "match/search.h"

enum {
    GRID = 20, /* points of the curve */
    STEPS = 40 /* of Brent's methods, at most */
};

/* Of ln a: where a minimum is followed no further. */
static const double NARROW = 1e-4;

/* Of ln D2 along the curve, where the difference is corrected for it, and at a
 * solution; of the second quantity. */
static const double NEAR = 1e-5, EXACT = 1e-12, SOLVED = 1e-10;

/* A point of the curve D2(a, b) = D2 of softmax, in x = ln a. */
typedef struct {
    double x, y;       /* ln a, ln b; y NaN: there is no such point */
    double slope;      /* d ln D2 / d ln b */
    double excess;     /* ln(D2 / target) */
    double difference; /* of the second quantity, LLN - softmax */
} point;

typedef struct {
    const lln_match_problem *problem;
    lln_head head; /* float64 */
    bool skewness; /* the second quantity is that, not the entropy */
    double target; /* its value for softmax */
    double limit;  /* its difference for a -> infinity */
    lln_row *rows; /* [n] */
    double a;      /* of the search in progress */
    double tolerance;
    size_t known; /* evaluations of the search in progress */
    double second[LLN_SEARCH_POINTS];
    lln_search search;
    point start; /* where the next search for b begins */
    point best;  /* the smallest modulus of the difference */
    lln_status status;
} joint;

static double second_of(const joint *j, const lln_side_values *values)
{
    return j->skewness ? values->skewness : values->entropy;
}

static lln_status measure_softmax(joint *j)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_side_values values;
    LLN_TRY(lln_kernel_parse("softmax", &choice));
    LLN_TRY(lln_kernel_open(&choice, &j->head, &attention));
    LLN_TRY(lln_side_measure(&attention, j->rows, &values));
    j->target = second_of(j, &values);
    return isnan(j->target)
               ? lln_fail(LLN_EUNDEFINED,
                          "the second value is not defined for softmax")
               : LLN_OK;
}

/* D2 at sides a and b; the second quantity is kept. */
static lln_status variance_at(void *context, double b, double *variance)
{
    joint *j = context;
    lln_attention attention;
    lln_side_values values;
    LLN_TRY(lln_side_attention(&j->head, j->a / j->problem->sigma_q,
                               b / j->problem->sigma_k, &attention));
    LLN_TRY(lln_side_measure(&attention, j->rows, &values));
    *variance = values.variance;
    j->second[j->known++] = second_of(j, &values);
    return LLN_OK;
}

/* The difference of the second quantity where D2 meets its target: on the line
 * through the evaluation `at` and the one with the most similar D2. */
static double difference_on_curve(const joint *j, const point *at)
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
    double difference = j->second[here] - j->target;
    if (isinf(least))
        return difference;
    double rise = j->second[near] - j->second[here];
    double run = j->search.points[near].excess - at->excess;
    return difference - at->excess * rise / run;
}

/* The point of the curve at x = ln a, found from j->start. Failures other than
 * that there is none go to j->status. */
static point point_at(joint *j, double x)
{
    point at = {.x = x, .y = j->start.y, .slope = j->start.slope};
    j->a = exp(x);
    j->known = 0;
    j->search = (lln_search){.name = "within-row log-variance",
                             .value = variance_at,
                             .context = j,
                             .target = j->problem->variance,
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
static point refine_root(joint *j, point low, point high)
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
        if (fabs(at.difference) <= SOLVED / 10 || j->status != LLN_OK)
            break;
    }
    if (solver)
        gsl_root_fsolver_free(solver);
    j->tolerance = NEAR;
    return at;
}

/* Follows the modulus of the difference to its minimum between low and high, or
 * until the sign changes. */
static point refine_minimum(joint *j, point low, point middle, point high)
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

/* Adds a match with these sides. */
static void add(const joint *j, point at, double distance,
                lln_match_list *found)
{
    lln_match_options options = *j->problem->options;
    lln_match_problem free_sides = *j->problem;
    double variance = j->problem->variance;
    if (found->count == LLN_MATCH_SOLUTIONS || isnan(at.y))
        return;
    options.balance = exp(at.x - at.y);
    free_sides.options = &options;
    lln_problem_add(&free_sides, exp(at.y), variance, variance * exp(at.excess),
                    distance, found);
    lln_match *match = &found->items[found->count - 1];
    match->second_target = j->target;
    match->second_predicted = j->target + at.difference;
    match->second_limit = j->limit;
}

static bool is_met(const joint *j, const point *at)
{
    return fabs(at->difference) <= SOLVED * fmax(1, fabs(j->target));
}

/* Adds the solution between two points with a change of sign, if Brent's method
 * finds one: at a jump of the curve there is none. */
static void add_root(joint *j, point low, point high, lln_match_list *found)
{
    if (isnan(low.y) || isnan(high.y) ||
        (low.difference < 0) == (high.difference < 0))
        return;
    point at = refine_root(j, low, high);
    if (is_met(j, &at))
        add(j, at, 0, found);
}

/* Adds the solutions near a smallest modulus among three points of one sign. */
static void add_touching(joint *j, const point *p, lln_match_list *found)
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
    add_root(j, at.x < p->x ? p[-1] : *p, at, found);
    add_root(j, at, at.x < p->x ? *p : p[1], found);
}

static int compare_matches(const void *a, const void *b)
{
    const lln_match *x = a, *y = b;
    double first = fabs(log(x->alpha * x->sigma_q / (x->beta * x->sigma_k)));
    double second = fabs(log(y->alpha * y->sigma_q / (y->beta * y->sigma_k)));
    return (first > second) - (first < second);
}

/* ln b at point i of the grid by a polynomial through up to three points before
 * it; NaN: one of them is missing. */
static double extrapolate(const point *grid, int i)
{
    if (i == 1)
        return grid[0].y;
    if (i == 2)
        return 2 * grid[1].y - grid[0].y;
    return 3 * (grid[i - 1].y - grid[i - 2].y) + grid[i - 3].y;
}

/* The points of the grid, with a descending from options.largest. */
static void follow_curve(joint *j, double limit, point *grid)
{
    double high = log(j->problem->options->largest);
    double step = (high - log(LLN_JOINT_LEAST)) / (GRID - 1);
    j->start = (point){.x = high, .y = log(limit), .slope = 2};
    for (int i = 0; i < GRID; i++) {
        double y = i > 0 ? extrapolate(grid, i) : NAN;
        if (!isnan(y))
            j->start.y = y;
        grid[i] = point_at(j, high - i * step);
    }
}

/* Whether the limit shows that a solution exists beyond the end of the range,
 * and how the message says it. */
static const char *beyond(const joint *j, const point *grid)
{
    bool changes =
        !isnan(grid[0].y) && (j->limit < 0) != (grid[0].difference < 0);
    return changes ? "a solution exists"
                   : "it is not known whether there is a solution";
}

/* Computes the best point again with the tolerance of a solution: the whole
 * curve may meet the second target, as with one feature. */
static lln_status settle_best(joint *j)
{
    if (isnan(j->best.y))
        return LLN_OK;
    j->start = j->best;
    j->best.difference = INFINITY;
    j->tolerance = EXACT;
    j->best = point_at(j, j->start.x);
    return j->status;
}

static lln_status find_solutions(joint *j, lln_match_list *found)
{
    lln_joint_limit limit;
    point grid[GRID];
    LLN_TRY(measure_softmax(j));
    LLN_TRY(lln_joint_limit_find(&j->head, j->problem->variance, &limit));
    j->limit = (j->skewness ? limit.skewness : limit.entropy) - j->target;
    follow_curve(j, limit.beta * j->problem->sigma_k, grid);
    for (int i = 0; i + 1 < GRID; i++) {
        j->start = grid[i];
        add_root(j, grid[i + 1], grid[i], found);
        if (i > 0)
            add_touching(j, &grid[i], found);
    }
    LLN_TRY(j->status);
    qsort(found->items, found->count, sizeof *found->items, compare_matches);
    if (found->count > 0)
        return LLN_OK;
    LLN_TRY(settle_best(j));
    bool met = is_met(j, &j->best);
    add(j, j->best, met ? 0 : fabs(j->best.difference), found);
    if (met)
        return LLN_OK;
    if (found->count == 0)
        return lln_fail(LLN_ENOCONV,
                        "no alpha and beta reach within-row "
                        "log-variance %.9g",
                        j->problem->variance);
    const char *second = j->skewness ? "skewness" : "entropy";
    return lln_fail(
        LLN_ENOCONV,
        "no alpha and beta reach both log-variance and %s; nearest: %s differs "
        "by %.4g%s at alpha sigma_q = %.4g, beta sigma_k = %.4g; %s above "
        "alpha sigma_q = %g",
        second, second, j->best.difference, j->skewness ? "" : " nat",
        exp(j->best.x), exp(j->best.y), beyond(j, grid),
        j->problem->options->largest);
}

lln_status lln_joint_find(const lln_match_problem *problem,
                          lln_match_list *found)
{
    double *storage = NULL;
    size_t n = problem->head->q.rows;
    joint *j = calloc(1, sizeof *j);
    lln_row *rows = lln_array_alloc(n, sizeof *rows);
    lln_status status = LLN_ENOMEM;
    if (j && rows) {
        *j =
            (joint){.problem = problem,
                    .skewness = problem->options->second == LLN_TARGET_SKEWNESS,
                    .rows = rows,
                    .tolerance = NEAR,
                    .best = {.y = NAN}};
        status = lln_head_widen(problem->head, &j->head, &storage);
        if (status == LLN_OK)
            status = find_solutions(j, found);
    } else {
        status = lln_fail(LLN_ENOMEM, "out of memory: %zu rows", n);
    }
    free(storage);
    free(rows);
    free(j);
    return status;
}
