/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint_walk.h"

#include <math.h>

#include "match/strata.h"
#include "theory/fenton.h"

enum {
    SECANTS = 6,  /* to the curve at a new x */
    REFRESH = 10, /* points of the grid for which slopes are kept */
    FINER = 100   /* ANCHORED is so many times the excess of a fine anchor */
};

/* Of the excess: how near to the curve a sample on some rows must be, and where
 * it is moved. */
static const double NEAR = 0.06, FAR = 0.05, SHARP = 0.002;

/* Standard errors that count as certain, and rounding errors. */
static const double ERRORS = 4, ROUNDING_F32 = 1e-6, ROUNDING_F64 = 1e-9;

/* Relative, of slopes that were found at other points. */
static const double SLOPE_ERROR = 0.1;

/* Heads with a smaller D2 are nearly uniform: rounding errors of float32 would
 * hide the differences. */
static const double LEAST_F32 = 0.1;

typedef lln_walk walk;
typedef lln_walk_sample sample;
typedef lln_walk_estimate estimate;

/* The anchors on both sides of x, and the weight of the upper one. */
static void find_anchors(const walk *w, double x, const sample **low,
                         const sample **high, double *weight)
{
    *low = *high = NULL;
    for (size_t i = 0; i < w->known; i++) {
        const sample *s = &w->samples[i];
        if (s->anchor && s->x <= x && (!*low || s->x > (*low)->x))
            *low = s;
        if (s->anchor && s->x >= x && (!*high || s->x < (*high)->x))
            *high = s;
    }
    *low = *low ? *low : *high;
    *high = *high ? *high : *low;
    *weight = *high != *low ? (x - (*low)->x) / ((*high)->x - (*low)->x) : 0;
}

/* The standard error of the mean over all rows of what the anchors do not
 * explain. */
static double error_of(const walk *w, const sample *s, const sample *low,
                       const sample *high, double weight)
{
    double n = (double)w->joint->wide.q.rows, m = (double)w->count;
    double mean = 0, squares = 0;
    for (size_t i = 0; i < w->count; i++) {
        double rest = s->values[i] - (1 - weight) * low->values[i] -
                      weight * high->values[i];
        double step = rest - mean;
        mean += step / (double)(i + 1);
        squares += step * (rest - mean);
    }
    return m > 1 ? sqrt(squares / (m - 1) / m * (1 - m / n)) : INFINITY;
}

lln_walk_estimate lln_walk_estimate_at(const walk *w, const sample *s)
{
    const sample *low, *high;
    double weight, ratio = s->lean / s->slope;
    find_anchors(w, s->x, &low, &high, &weight);
    double gap = (1 - weight) * low->gap + weight * high->gap;
    estimate e = {s->excess + (1 - weight) * low->excess_gap +
                      weight * high->excess_gap,
                  NAN, NAN};
    e.difference = s->second + gap - ratio * e.excess - w->joint->target;
    e.margin = ERRORS * error_of(w, s, low, high, weight) +
               SLOPE_ERROR * fabs(ratio * e.excess) +
               e.excess * e.excess * fmin(w->joint->problem->variance, 1) +
               w->rounding;
    return e;
}

/* Keeps the value of each row in the measured ones, corrected to the curve. */
static void keep_values(const walk *w, sample *s)
{
    const lln_joint *j = w->joint;
    double ratio = s->lean / s->slope, variance = j->problem->variance;
    for (size_t i = 0; i < w->count; i++) {
        const lln_row *row = &j->rows[i];
        double value = j->skewness ? lln_row_skewness(row) : row->entropy;
        double own = lln_row_variance(row) / variance;
        s->values[i] =
            (isnan(value) ? 0 : value) - ratio * (isnan(own) ? 0 : own);
    }
}

/* Moves s to a neighbouring y, and computes its slopes. */
static lln_status move(const walk *w, double dy, sample *s)
{
    double excess, second;
    LLN_TRY(lln_joint_measure(w->joint, w->head, w->queries, w->count, s->x,
                              s->y + dy, &excess, &second));
    if (fabs(dy) > 1e-3) {
        s->slope = (excess - s->excess) / dy;
        s->lean = (second - s->second) / dy;
    }
    s->y += dy;
    s->excess = excess;
    s->second = second;
    return LLN_OK;
}

/* Moves s along y to the curve: |excess + shift| <= nearness. `fresh`: computes
 * slopes in any case. */
static lln_status approach(walk *w, double shift, double nearness, bool fresh,
                           sample *s)
{
    for (int i = 0; i < SECANTS && w->certain; i++) {
        double rest = s->excess + shift, dy = -rest / s->slope;
        if (fabs(rest) <= nearness && !fresh)
            break;
        if (fresh && fabs(dy) < 0.01)
            dy = dy < 0 ? -0.01 : 0.01;
        dy = fmin(fmax(dy, -1), 1);
        LLN_TRY(move(w, dy, s));
        w->certain = w->certain && s->slope > 0.2 && isfinite(s->lean);
        fresh = false;
    }
    w->certain = w->certain && fabs(s->excess + shift) <= fmax(nearness, NEAR);
    keep_values(w, s);
    return LLN_OK;
}

/* Takes a new sample, which has x, y and slopes, to the curve. */
static lln_status take(walk *w, double shift, bool fresh, sample *s)
{
    LLN_TRY(lln_joint_measure(w->joint, w->head, w->queries, w->count, s->x,
                              s->y, &s->excess, &s->second));
    return approach(w, shift, FAR, fresh, s);
}

/* The excess over all rows minus that over the chosen ones. */
static double gap_at(const walk *w, double x)
{
    const sample *low, *high;
    double weight;
    find_anchors(w, x, &low, &high, &weight);
    return (1 - weight) * low->excess_gap + weight * high->excess_gap;
}

/* Measures all rows at s. If they are far from the curve, s moves there. */
lln_status lln_walk_anchor(walk *w, double nearness, sample *s)
{
    const lln_joint *j = w->joint;
    size_t n = j->wide.q.rows;
    if (w->anchors > 0 || w->count == n)
        LLN_TRY(approach(w, w->anchors > 0 ? gap_at(w, s->x) : 0, nearness / 2,
                         false, s));
    w->anchors++;
    s->anchor = true;
    s->excess_gap = s->gap = 0;
    for (int i = 0; i < SECANTS && w->count < n; i++) {
        double excess, second;
        LLN_TRY(lln_joint_measure(j, w->head, NULL, n, s->x, s->y, &excess,
                                  &second));
        s->excess_gap = excess - s->excess;
        s->gap = second - s->second;
        if (fabs(excess) <= nearness)
            return LLN_OK;
        LLN_TRY(approach(w, s->excess_gap, nearness / 2, false, s));
        if (!w->certain)
            break;
    }
    w->certain = w->certain && w->count == n;
    return LLN_OK;
}

/* A new sample at x between two others, or at one of them. */
lln_status lln_walk_between(walk *w, double x, const sample *a, const sample *b,
                            sample **out)
{
    double part = (x - a->x) / (b->x - a->x);
    w->certain = w->certain && w->known < LLN_WALK_SAMPLES;
    if (!w->certain)
        return LLN_OK;
    sample *s = &w->samples[w->known];
    *s = (sample){.x = x,
                  .y = a->y + part * (b->y - a->y),
                  .slope = a->slope + part * (b->slope - a->slope),
                  .lean = a->lean + part * (b->lean - a->lean)};
    LLN_TRY(take(w, gap_at(w, x), false, s));
    w->known++;
    *out = s;
    return LLN_OK;
}

static lln_status choose_rows(walk *w)
{
    const lln_match_problem *problem = w->joint->problem;
    size_t n = problem->head->q.rows, d = problem->head->q.columns;
    double side2;
    w->count = n < LLN_WALK_ROWS ? n : LLN_WALK_ROWS;
    LLN_TRY(lln_theory_fenton_row_ratio_inverse(d, fmin(problem->variance, 500),
                                                1, &side2));
    return lln_strata_choose(problem->head, sqrt(side2) / problem->sigma_q,
                             sqrt(side2) / problem->sigma_k, w->count,
                             w->queries);
}

/* Samples the grid. The first point is an anchor. */
static lln_status follow(walk *w)
{
    double y[LLN_JOINT_GRID];
    for (int i = 0; i < LLN_JOINT_GRID && w->certain; i++) {
        sample *s = &w->samples[i];
        *s = (sample){.x = lln_joint_grid_x(w->joint, i),
                      .y = w->joint->limit_y,
                      .slope = 2};
        if (i > 0) {
            s->y = i > 3 ? 4 * (y[i - 1] + y[i - 3]) - 6 * y[i - 2] - y[i - 4]
                         : lln_joint_extrapolate(y, i);
            s->slope = s[-1].slope;
            s->lean = s[-1].lean;
        }
        double shift = i > 0 ? gap_at(w, s->x) : 0;
        LLN_TRY(take(w, shift, i % REFRESH == 0, s));
        w->known++;
        if (i == 0 && w->certain)
            LLN_TRY(lln_walk_anchor(w, LLN_WALK_ANCHORED, s));
        y[i] = s->y - (s->excess + gap_at(w, s->x)) / s->slope;
    }
    return LLN_OK;
}

lln_status lln_walk_sharpen(lln_walk *w, sample *s)
{
    s->fine = s->anchor;
    if (s->sharp || s->anchor)
        return lln_walk_anchor(w, LLN_WALK_ANCHORED / (s->fine ? FINER : 1), s);
    s->sharp = true;
    return approach(w, gap_at(w, s->x), SHARP, false, s);
}

/* The point of the grid whose sign is least certain; NULL: all are certain, or
 * doubtful. */
static sample *least_certain(walk *w)
{
    double most = 1;
    sample *worst = NULL;
    for (size_t i = 0; i < LLN_JOINT_GRID; i++) {
        estimate e = lln_walk_estimate_at(w, &w->samples[i]);
        double doubt = e.margin / fabs(e.difference);
        if (!(doubt <= most) && !w->samples[i].doubtful) {
            most = doubt;
            worst = &w->samples[i];
        }
    }
    return worst;
}

/* Puts anchors until the signs at all points of the grid are certain. */
static lln_status certify(walk *w)
{
    sample *worst;
    while (w->certain && (worst = least_certain(w))) {
        w->certain = w->anchors < LLN_WALK_ANCHORS;
        if (w->certain)
            LLN_TRY(lln_walk_sharpen(w, worst));
        estimate e = lln_walk_estimate_at(w, worst);
        worst->doubtful = worst->fine && !(e.margin < fabs(e.difference));
    }
    return LLN_OK;
}

lln_status lln_walk_start(lln_walk *w)
{
    const lln_match_problem *problem = w->joint->problem;
    bool wide = problem->variance < LEAST_F32 ||
                problem->head->q.precision == LLN_FLOAT64;
    w->head = wide ? &w->joint->wide : problem->head;
    w->rounding = wide ? ROUNDING_F64 : ROUNDING_F32;
    w->certain = true;
    LLN_TRY(choose_rows(w));
    LLN_TRY(follow(w));
    return certify(w);
}
