/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint_some_rows.h"

#include <math.h>
#include <stdlib.h>

#include "match/joint_polish.h"
#include "match/joint_walk.h"

/* Of a bracket or a minimum, on some rows. */
enum { NARROWINGS = 8 };

/* Of the modulus of the difference: no point is looked for that is nearer by
 * less than this. */
static const double EQUAL = 1e-3;

typedef lln_walk walk;
typedef lln_walk_sample sample;
typedef lln_walk_estimate estimate;

/* Derivatives at s, from its neighbour t on the curve. */
static lln_joint_slopes slopes_at(const walk *w, const sample *s,
                                  const sample *t)
{
    double dx = t->x - s->x, dy = t->y - s->y;
    double ds = s->lean / s->slope, dt = t->lean / t->slope;
    estimate here = lln_walk_estimate_at(w, s),
             there = lln_walk_estimate_at(w, t);
    double rise = there.excess - here.excess;
    double climb = there.difference + dt * there.excess - here.difference -
                   ds * here.excess;
    return (lln_joint_slopes){(rise - s->slope * dy) / dx, s->slope,
                              (climb - s->lean * dy) / dx, s->lean};
}

/* The solution between two samples with a change of sign: some rows lead near
 * to it. */
static lln_status solve_between(walk *w, const sample *a, const sample *b,
                                lln_joint_outcome *out)
{
    const sample *low = a, *high = b;
    sample *s = NULL, *t = NULL;
    double from = low->x, to = high->x;
    double f = lln_walk_estimate_at(w, low).difference,
           g = lln_walk_estimate_at(w, high).difference, scale = fabs(f - g);
    for (int i = 0; i < NARROWINGS; i++) {
        double x = low->x - f * (high->x - low->x) / (g - f);
        LLN_TRY(lln_walk_between(w, x, low, high, &s));
        if (!w->certain)
            return LLN_OK;
        estimate e = lln_walk_estimate_at(w, s);
        if (fabs(e.difference) < fmax(0.02 * scale, e.margin / 4))
            break;
        bool below = (e.difference < 0) == (f < 0);
        low = below ? s : low;
        high = below ? high : s;
        f = below ? e.difference : f / 2;
        g = below ? g / 2 : e.difference;
    }
    /* A neighbour for the derivatives. */
    double room = fmin(0.05, (to - from) / 4);
    double beside = s->x - from > to - s->x ? s->x - room : s->x + room;
    LLN_TRY(lln_walk_between(w, beside, beside < s->x ? a : b, s, &t));
    if (!w->certain)
        return LLN_OK;
    estimate e = lln_walk_estimate_at(w, s);
    lln_joint_point at = {.x = s->x, .y = s->y - e.excess / s->slope};
    LLN_TRY(lln_joint_polish(w->joint, from, to, slopes_at(w, s, t), &at,
                             &w->certain));
    if (w->certain)
        lln_joint_add(out, at);
    return LLN_OK;
}

/* The vertex of the parabola through three points (x, modulus). */
static double vertex(const walk *w, const sample *a, const sample *p,
                     const sample *b, double *least)
{
    double fa = fabs(lln_walk_estimate_at(w, a).difference),
           fp = fabs(lln_walk_estimate_at(w, p).difference),
           fb = fabs(lln_walk_estimate_at(w, b).difference);
    double left = (fp - fa) / (p->x - a->x), right = (fb - fp) / (b->x - p->x);
    double bend = (right - left) / (b->x - a->x);
    double slope = left + bend * (p->x - a->x); /* at p */
    *least = fp - slope * slope / (4 * bend);
    return p->x - slope / (2 * bend);
}

static bool is_dip(const walk *w, const sample *a, const sample *p,
                   const sample *b)
{
    double fa = lln_walk_estimate_at(w, a).difference,
           fp = lln_walk_estimate_at(w, p).difference,
           fb = lln_walk_estimate_at(w, b).difference;
    return fa * fp > 0 && fb * fp > 0 && fabs(fp) < fabs(fa) &&
           fabs(fp) < fabs(fb);
}

/* Follows the modulus from three samples, ascending in x, to its minimum, until
 * it is certain that the sign does or does not change. */
static lln_status follow_dip(walk *w, const sample *a, const sample *p,
                             const sample *b, lln_joint_outcome *out)
{
    for (int i = 0; i < NARROWINGS && w->certain; i++) {
        double least, x = vertex(w, a, p, b, &least);
        estimate e = lln_walk_estimate_at(w, p);
        double here = fabs(e.difference);
        if (here - 4 * (here - least) > e.margin)
            return LLN_OK;
        sample *s;
        if (fabs(x - p->x) < 0.01)
            x = p->x + (p->x - a->x > b->x - p->x ? -0.01 : 0.01);
        LLN_TRY(lln_walk_between(w, x, x < p->x ? a : p, x < p->x ? p : b, &s));
        if (w->certain && lln_walk_estimate_at(w, s).margin >
                              fabs(lln_walk_estimate_at(w, s).difference))
            LLN_TRY(lln_walk_anchor(w, LLN_WALK_ANCHORED / 20, s));
        if (!w->certain)
            return LLN_OK;
        if (lln_walk_estimate_at(w, s).difference * e.difference <= 0) {
            const sample *other = x < p->x ? a : b;
            LLN_TRY(solve_between(w, x < p->x ? s : p, x < p->x ? p : s, out));
            return w->certain ? solve_between(w, x < p->x ? other : s,
                                              x < p->x ? s : other, out)
                              : LLN_OK;
        }
        bool better =
            fabs(lln_walk_estimate_at(w, s).difference) < fabs(e.difference);
        const sample *middle = better ? s : p, *outer = better ? p : s;
        if (outer->x < middle->x)
            a = outer;
        else
            b = outer;
        p = middle;
    }
    w->certain = false;
    return LLN_OK;
}

/* Whether the sign changes between two samples. */
static bool changes(const walk *w, const sample *a, const sample *b)
{
    return lln_walk_estimate_at(w, a).difference *
               lln_walk_estimate_at(w, b).difference <
           0;
}

static lln_status find_all(walk *w, lln_joint_outcome *out)
{
    const sample *grid = w->samples, *before = NULL;
    for (size_t i = 0; i + 1 < LLN_JOINT_GRID && w->certain; i++) {
        const sample *high = &grid[i], *low = &grid[i + 1];
        if (high->doubtful)
            continue;
        /* A doubtful point is near the only solution between its neighbours. */
        bool doubtful = low->doubtful;
        low += doubtful;
        w->certain = !doubtful || (i + 2 < LLN_JOINT_GRID && !low->doubtful &&
                                   changes(w, low, high));
        if (w->certain && changes(w, low, high))
            LLN_TRY(solve_between(w, low, high, out));
        if (before && w->certain && is_dip(w, low, high, before))
            LLN_TRY(follow_dip(w, low, high, before, out));
        before = high;
    }
    w->certain = w->certain && !grid[0].doubtful;
    return LLN_OK;
}

/* The sample with the smallest modulus, and the one that may have a smaller
 * one; NULL: none. */
static sample *find_best(walk *w, sample **rival)
{
    sample *best = NULL;
    double least = INFINITY, lowest = INFINITY;
    for (size_t i = 0; i < w->known; i++) {
        double here = fabs(lln_walk_estimate_at(w, &w->samples[i]).difference);
        if (here < least) {
            least = here;
            best = &w->samples[i];
        }
    }
    *rival = NULL;
    for (size_t i = 0; i < w->known; i++) {
        sample *s = &w->samples[i];
        estimate e = lln_walk_estimate_at(w, s);
        double low = fabs(e.difference) - e.margin;
        if (s != best && !s->fine && low < (1 - EQUAL) * least &&
            low < lowest) {
            lowest = low;
            *rival = s;
        }
    }
    return best;
}

/* The nearest samples on both sides of s; NULL: none. */
static void find_sides(walk *w, const sample *s, sample **low, sample **high)
{
    *low = *high = NULL;
    for (size_t i = 0; i < w->known; i++) {
        sample *t = &w->samples[i];
        if (t->x < s->x && (!*low || t->x > (*low)->x))
            *low = t;
        if (t->x > s->x && (!*high || t->x < (*high)->x))
            *high = t;
    }
}

/* The minimum of the modulus near the best sample s, which is between others:
 * of the parabola through three anchors. */
static lln_status refine_nearest(walk *w, sample *s, lln_joint_point *at)
{
    sample *low, *high, *close[2];
    double least, first = w->samples[LLN_JOINT_GRID - 1].x,
                  last = w->samples[0].x;
    find_sides(w, s, &low, &high);
    if (!low || !high)
        return LLN_OK;
    for (int i = 0; i < NARROWINGS && w->certain; i++) {
        double x = vertex(w, low, s, high, &least);
        if (!(x > low->x && x < high->x) || fabs(x - s->x) < 0.025)
            break;
        LLN_TRY(lln_walk_between(w, x, x < s->x ? low : s, x < s->x ? s : high,
                                 &s));
        find_sides(w, s, &low, &high);
    }
    double beside = fmin(0.1, fmin(s->x - first, last - s->x) / 2);
    for (int side = 0; side < 2 && w->certain; side++) {
        double x = s->x + (side == 0 ? -beside : beside);
        LLN_TRY(lln_walk_between(w, x, low, high, &close[side]));
        if (w->certain)
            LLN_TRY(lln_walk_anchor(w, LLN_WALK_ANCHORED / 20, close[side]));
    }
    if (w->certain)
        LLN_TRY(lln_walk_anchor(w, LLN_WALK_ANCHORED / 20, s));
    if (!w->certain)
        return LLN_OK;
    at->y = s->y - lln_walk_estimate_at(w, s).excess / s->slope;
    at->x = vertex(w, close[0], s, close[1], &least);
    if (!(at->x >= first && at->x <= last))
        w->certain = false;
    at->y += (close[1]->y - close[0]->y) / (2 * beside) * (at->x - s->x);
    return LLN_OK;
}

/* Whether all rows were measured so near to the curve that the difference is
 * known well enough to find smaller ones. */
static bool is_known(const walk *w, const sample *s)
{
    estimate e = lln_walk_estimate_at(w, s);
    return s->fine || (s->anchor && e.margin < EQUAL * fabs(e.difference));
}

static lln_status find_nearest(walk *w, lln_joint_outcome *out)
{
    sample *best = NULL, *rival;
    while (w->certain) {
        best = find_best(w, &rival);
        bool known = is_known(w, best);
        if (known && !rival)
            break;
        w->certain = w->anchors < LLN_WALK_ANCHORS;
        if (w->certain)
            LLN_TRY(lln_walk_sharpen(w, known ? rival : best));
    }
    if (!w->certain)
        return LLN_OK;
    lln_joint_point at = {
        best->x, best->y - lln_walk_estimate_at(w, best).excess / best->slope,
        best->slope, NAN, NAN};
    LLN_TRY(refine_nearest(w, best, &at));
    if (w->certain)
        LLN_TRY(lln_joint_settle(w->joint, &at, &w->certain));
    /* The parabola may be wrong at a kink or jump of the curve. */
    estimate reached = lln_walk_estimate_at(w, best);
    w->certain = w->certain &&
                 fabs(at.difference) <=
                     (1 + EQUAL) * fabs(reached.difference) + reached.margin;
    out->nearest = at;
    return LLN_OK;
}

static lln_status search(walk *w, lln_joint_outcome *out)
{
    LLN_TRY(lln_walk_start(w));
    if (!w->certain)
        return LLN_OK;
    LLN_TRY(find_all(w, out));
    out->first.y = w->samples[0].y;
    out->first.difference = lln_walk_estimate_at(w, &w->samples[0]).difference;
    return w->certain && out->count == 0 ? find_nearest(w, out) : LLN_OK;
}

lln_status lln_joint_search_some_rows(const lln_joint *j,
                                      lln_joint_outcome *out, bool *certain)
{
    walk *w = calloc(1, sizeof *w);
    if (!w)
        return lln_fail(LLN_ENOMEM, "out of memory");
    w->joint = j;
    *out = (lln_joint_outcome){.nearest = {.y = NAN}};
    lln_status status = search(w, out);
    *certain = w->certain;
    free(w);
    return status;
}
