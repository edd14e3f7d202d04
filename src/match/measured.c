/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The root of D2(s) = target, D2 measured on the head. One evaluation is a
 * pass over the rows that are looked at, so the search counts them: it works
 * on ln D2 against ln s, which is nearly straight (slope 2 at both ends, up
 * to 3.5 between), by secant steps; Brent's method is there for the heads on
 * which these fail. Large heads are searched on a few rows first. */
#include "match/measured.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/kernel.h"
#include "measure/row_sample.h"
#include "theory/fenton.h"

enum {
    LARGE = 512,  /* rows; more are searched on a sample first */
    SAMPLE = 256, /* rows of it */
    SECANTS = 8,  /* steps before the search is called a failure */
    STRIDES = 24, /* up and down, when a change of sign is looked for */
    POINTS = 256  /* evaluations on one set of rows, at most */
};

static const double STRIDE = 0.25;      /* of ln s */
static const double NOISE_F32 = 1e-7;   /* of ln D2 */
static const double RESOLUTION = 1e-12; /* of ln s */

/* x = ln s, excess = ln D2 - ln target */
typedef struct {
    double x, excess;
} point;

typedef struct {
    const lln_head *head;
    double sigma_q, sigma_k, target, tolerance;
    size_t *rows; /* [count] that are looked at; NULL: all */
    size_t count;
    lln_row *measured; /* [n] */
    double deviation;  /* of D2 of a row, relative to their mean */
    point points[POINTS];
    size_t known;
    double left; /* excess at the end */
    lln_status status;
} search;

lln_status lln_measured_attention(const lln_head *head, double alpha,
                                  double beta, lln_attention *attention)
{
    lln_kernel_choice choice;
    LLN_TRY(lln_kernel_parse("lln", &choice));
    choice.number[lln_kernel_parameter_index(choice.kernel, "alpha")] = alpha;
    choice.number[lln_kernel_parameter_index(choice.kernel, "beta")] = beta;
    return lln_kernel_open(&choice, head, attention);
}

/* Mean and relative deviation over rows of the variance within the row. */
static double summarise(search *f)
{
    double mean, error, scatter = 0, used = 0;
    lln_rows_mean(f->measured, f->count, f->head->q.rows, lln_row_variance,
                  &mean, &error);
    for (size_t i = 0; i < f->count; i++) {
        double delta = lln_row_variance(&f->measured[i]) - mean;
        if (!isnan(delta)) {
            scatter += delta * delta;
            used++;
        }
    }
    f->deviation = sqrt(scatter / used) / mean;
    return used > 0 ? mean : 0;
}

/* D2 at s over the rows that are looked at. */
static lln_status log_variance(search *f, double s, double *variance)
{
    lln_attention attention = {0};
    LLN_TRY(lln_measured_attention(f->head, s / f->sigma_q, s / f->sigma_k,
                                   &attention));
    lln_status status = lln_rows_measure(&attention, f->rows, f->count,
                                         LLN_ROW_MOMENTS, f->measured);
    lln_attention_close(&attention);
    if (status == LLN_OK)
        *variance = summarise(f);
    return status;
}

/* Excess at x, remembered, because the solvers ask again for what they know;
 * NaN after a failure. */
static double evaluate(search *f, double x)
{
    double variance = 0;
    for (size_t i = 0; i < f->known; i++)
        if (f->points[i].x == x)
            return f->points[i].excess;
    if (f->status == LLN_OK && f->known == POINTS)
        f->status = lln_fail(LLN_ENOCONV, "match: %d evaluations", POINTS);
    if (f->status == LLN_OK)
        f->status = log_variance(f, exp(x), &variance);
    if (f->status != LLN_OK)
        return NAN;
    /* No D2 at all lies below any other. */
    double excess = log(fmax(variance, 1e-300)) - log(f->target);
    f->points[f->known++] = (point){x, excess};
    return excess;
}

/* The point nearest to the target. */
static point nearest(const search *f)
{
    point best = {NAN, INFINITY};
    for (size_t i = 0; i < f->known; i++)
        if (fabs(f->points[i].excess) < fabs(best.excess))
            best = f->points[i];
    return best;
}

static bool reached(const search *f)
{
    return f->status != LLN_OK || fabs(nearest(f).excess) <= f->tolerance;
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* Secant steps from x; gives up when they do not converge. Returns the slope
 * at the end. */
static double secants(search *f, double x, double slope)
{
    double excess = evaluate(f, x);
    for (int step = 0; step < SECANTS && !reached(f); step++) {
        double move = clamp(-excess / slope, -1, 1);
        double next = evaluate(f, x + move);
        if (fabs(next) > 0.7 * fabs(excess) && fabs(move) < 1)
            break;
        double secant = (next - excess) / move;
        if (secant > 0.5 && secant < 8)
            slope = secant;
        x += move;
        excess = next;
    }
    return slope;
}

/* The known points on both sides of x; NaN: none. */
static void neighbours(const search *f, double x, point *below, point *above)
{
    *below = *above = (point){NAN, NAN};
    for (size_t i = 0; i < f->known; i++) {
        point p = f->points[i];
        if (p.x < x && !(p.x <= below->x))
            *below = p;
        if (p.x > x && !(p.x >= above->x))
            *above = p;
    }
}

/* The lowest pair of neighbouring points between which the excess rises
 * through zero. */
static bool rises(const search *f, point *low, point *high)
{
    bool found = false;
    for (size_t i = 0; i < f->known; i++) {
        point below, above;
        neighbours(f, f->points[i].x, &below, &above);
        if (f->points[i].excess < 0 && above.excess >= 0 &&
            !(found && low->x < f->points[i].x)) {
            *low = f->points[i];
            *high = above;
            found = true;
        }
    }
    return found;
}

/* Goes up or down from x in growing strides until the excess has changed its
 * sign or, where D2 is to rise, has fallen twice in a row. */
static void stride(search *f, double x, double direction)
{
    double last = evaluate(f, x), length = STRIDE;
    bool rise = last < 0;
    int falls = 0;
    for (int i = 0; i < STRIDES && f->status == LLN_OK; i++) {
        x += direction * length;
        double next = evaluate(f, x);
        falls = next < last ? falls + 1 : 0;
        if (rise ? next >= 0 || falls == 2 : next < 0)
            return;
        last = next;
        length *= direction > 0 ? 1 : 1.2;
    }
}

static point largest(const search *f)
{
    point best = {NAN, -INFINITY};
    for (size_t i = 0; i < f->known; i++)
        if (f->points[i].excess > best.excess)
            best = f->points[i];
    return best;
}

static double negative_excess(double x, void *data)
{
    return -evaluate(data, x);
}

/* Climbs to the maximum between the neighbours of the largest point, or
 * until it lies above the target. */
static void climb(search *f)
{
    point below, above, top = largest(f);
    neighbours(f, top.x, &below, &above);
    if (isnan(below.x) || isnan(above.x) || f->status != LLN_OK)
        return;
    gsl_function function = {negative_excess, f};
    gsl_min_fminimizer *solver =
        gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
    int code = solver ? gsl_min_fminimizer_set(solver, &function, top.x,
                                               below.x, above.x)
                      : GSL_ENOMEM;
    for (int i = 0; i < 40 && code == GSL_SUCCESS; i++) {
        if (largest(f).excess >= 0 ||
            solver->x_upper - solver->x_lower < 1e-6 || f->status != LLN_OK)
            break;
        code = gsl_min_fminimizer_iterate(solver);
    }
    if (solver)
        gsl_min_fminimizer_free(solver);
}

/* A change of sign, wherever one can be found. */
static lln_status bracket(search *f, point *low, point *high)
{
    double start = f->points[0].x;
    if (!rises(f, low, high))
        stride(f, start, evaluate(f, start) < 0 ? 1 : -1);
    if (f->status == LLN_OK && !rises(f, low, high))
        stride(f, start, evaluate(f, start) < 0 ? -1 : 1);
    if (f->status == LLN_OK && !rises(f, low, high))
        climb(f);
    if (f->status != LLN_OK || rises(f, low, high))
        return f->status;
    point top = largest(f);
    return lln_fail(LLN_ENOCONV,
                    "match: no alpha, beta reach log-variance %.9g; the "
                    "largest found is %.9g, at alpha sigma_q = %.6g",
                    f->target, f->target * exp(top.excess), exp(top.x));
}

static double excess_at(double x, void *data)
{
    return evaluate(data, x);
}

/* Brent's method between two points of opposite sign, until the tolerance is
 * met or x has no digits left (a target within the noise of float32). */
static lln_status brent(search *f, point low, point high)
{
    gsl_function function = {excess_at, f};
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    if (!solver)
        return lln_fail(LLN_ENOMEM, "out of memory: root finder");
    int code = gsl_root_fsolver_set(solver, &function, low.x, high.x);
    while (code == GSL_SUCCESS && !reached(f) &&
           solver->x_upper - solver->x_lower > RESOLUTION)
        code = gsl_root_fsolver_iterate(solver);
    gsl_root_fsolver_free(solver);
    if (f->status == LLN_OK && code != GSL_SUCCESS)
        return lln_fail(LLN_ENOCONV, "match: %s", gsl_strerror(code));
    return f->status;
}

/* Finds the root on the rows that are looked at, from *x with a guess at the
 * slope of the excess; both are updated. */
static lln_status solve(search *f, double *x, double *slope)
{
    point low, high;
    f->known = 0;
    f->status = LLN_OK;
    *slope = secants(f, *x, *slope);
    if (!reached(f)) {
        LLN_TRY(bracket(f, &low, &high));
        LLN_TRY(brent(f, low, high));
    }
    *x = nearest(f).x;
    return f->status;
}

/* Looks at `count` rows, evenly spaced; at n: at all. */
static void look_at(search *f, size_t *rows, size_t count)
{
    size_t n = f->head->q.rows;
    f->count = count;
    f->rows = count < n ? rows : NULL;
    for (size_t i = 0; i < count; i++)
        rows[i] = (2 * i + 1) * n / (2 * count);
}

/* Rows of which two standard errors of D2, without replacement, are below
 * the tolerance; n if that takes half of them. */
static size_t rows_needed(const search *f, double tolerance)
{
    double n = (double)f->head->q.rows;
    double infinite = pow(2 * f->deviation / tolerance, 2);
    double needed = ceil(infinite / (1 + infinite / n));
    return isfinite(infinite) && needed < n / 2 ? (size_t)fmax(needed, SAMPLE)
                                                : f->head->q.rows;
}

/* The side of the Gaussian model, within 5 % for d = 16 to 256 and targets
 * 0.25 to 4: what lln_theory_lln_match gives in more time than the search
 * itself takes. The first term is the limit of small targets, the second,
 * fitted, the growth of the largest of d terms. */
static lln_status first_guess(const search *f, double *x)
{
    double d = (double)f->head->q.columns, side2;
    LLN_TRY(lln_theory_fenton_row_inverse(f->head->q.columns,
                                          fmin(f->target, 500), &side2));
    *x = log(side2 + f->target * fmax(0.65 * log(d), 0.1)) / 2;
    return LLN_OK;
}

/* Searches on a sample. What a sample does not reach, all rows may: then x
 * stays. */
static lln_status solve_sample(search *f, size_t *rows, double *x,
                               double *slope)
{
    double from = *x;
    look_at(f, rows, SAMPLE);
    f->tolerance = 1e-3;
    lln_status status = solve(f, &from, slope);
    if (status == LLN_OK)
        *x = from;
    else
        f->deviation = INFINITY; /* no sample will do */
    return status == LLN_ENOCONV ? LLN_OK : status;
}

/* Large heads are searched on a sample first, then on as many rows as the
 * tolerance needs. A loose tolerance leaves out the pass that would confirm
 * the last step: started this near, a step leaves a tenth of the excess. */
static lln_status solve_in_stages(search *f, size_t *rows, double tolerance,
                                  double *x)
{
    size_t n = f->head->q.rows, needed = n;
    double slope = 2.5;
    double noise = f->head->q.precision == LLN_FLOAT32 ? NOISE_F32 : 0;
    bool loose = n > LARGE && tolerance > 1e-4;
    if (n > LARGE) {
        LLN_TRY(solve_sample(f, rows, x, &slope));
        needed = rows_needed(f, tolerance);
    }
    look_at(f, rows, needed);
    f->tolerance = loose ? 5 * tolerance : fmax(tolerance, noise);
    LLN_TRY(solve(f, x, &slope));
    f->left = nearest(f).excess;
    if (loose) {
        *x -= f->left / slope;
        f->left = 0;
    }
    return LLN_OK;
}

lln_status lln_measured_side(const lln_head *head, double tolerance,
                             lln_match *match, double *s)
{
    double x = NAN;
    size_t n = head->q.rows;
    search *f = calloc(1, sizeof *f);
    size_t *rows = lln_array_alloc(n, sizeof *rows);
    lln_row *measured = lln_array_alloc(n, sizeof *measured);
    lln_status status = LLN_ENOMEM;
    if (f && rows && measured) {
        *f = (search){.head = head,
                      .sigma_q = match->sigma_q,
                      .sigma_k = match->sigma_k,
                      .target = match->target,
                      .measured = measured};
        status = first_guess(f, &x);
        if (status == LLN_OK)
            status = solve_in_stages(f, rows, tolerance, &x);
        if (status == LLN_OK) {
            *s = exp(x);
            match->predicted = match->target * exp(f->left);
        }
    } else {
        status = lln_fail(LLN_ENOMEM, "out of memory: %zu rows", n);
    }
    free(f);
    free(rows);
    free(measured);
    return status;
}
