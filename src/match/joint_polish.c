/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint_polish.h"

#include <math.h>

enum {
    COARSE_STEPS = 8, /* in the precision of the head */
    FINE_STEPS = 12   /* in float64 */
};

/* Of both residuals: float32 comes no nearer. */
static const double COARSE = 2e-6;

/* Of the excess, when the point is not a solution. */
static const double EXACT = 1e-12;

/* A longer step in x or y leaves the region where slopes are known. */
static const double LONGEST = 0.5;

typedef struct {
    double excess, difference;
} residuals;

static lln_status evaluate(const lln_joint *j, const lln_head *head, double x,
                           double y, residuals *out)
{
    double second;
    LLN_TRY(lln_joint_measure(j, head, NULL, head->q.rows, x, y, &out->excess,
                              &second));
    out->difference = second - j->target;
    return LLN_OK;
}

static double size_of(const residuals *r)
{
    return fmax(fabs(r->excess), fabs(r->difference));
}

/* The step to the root of the linear model; false: there is none. */
static bool find_step(const lln_joint_slopes *s, const residuals *r, double *dx,
                      double *dy)
{
    double determinant = s->excess_x * s->second_y - s->excess_y * s->second_x;
    *dx = (s->excess_y * r->difference - s->second_y * r->excess) / determinant;
    *dy = (s->second_x * r->excess - s->excess_x * r->difference) / determinant;
    double longest = fmax(fabs(*dx), fabs(*dy));
    if (!(longest < INFINITY))
        return false;
    if (longest > LONGEST) {
        *dx *= LONGEST / longest;
        *dy *= LONGEST / longest;
    }
    return true;
}

/* Changes the slopes so that they explain the last step. */
static void update(lln_joint_slopes *s, double dx, double dy,
                   const residuals *before, const residuals *after)
{
    double length = dx * dx + dy * dy;
    double miss =
        after->excess - before->excess - (s->excess_x * dx + s->excess_y * dy);
    s->excess_x += miss * dx / length;
    s->excess_y += miss * dy / length;
    miss = after->difference - before->difference -
           (s->second_x * dx + s->second_y * dy);
    s->second_x += miss * dx / length;
    s->second_y += miss * dy / length;
}

/* Steps until the residuals are at most `tolerance`. The last point is left in
 * *at, with its residuals. A step that would leave low to high goes half of the
 * way to the end. */
static lln_status take_steps(const lln_joint *j, const lln_head *head,
                             double low, double high, int steps,
                             double tolerance, lln_joint_slopes *slopes,
                             lln_joint_point *at, bool *met)
{
    residuals here, next;
    LLN_TRY(evaluate(j, head, at->x, at->y, &here));
    *met = size_of(&here) <= tolerance;
    for (int i = 0; i < steps && !*met; i++) {
        double dx, dy;
        if (!find_step(slopes, &here, &dx, &dy))
            break;
        if (at->x + dx < low || at->x + dx > high) {
            double end = dx < 0 ? low : high, part = (end - at->x) / 2 / dx;
            dx *= part;
            dy *= part;
        }
        if (dx == 0 && dy == 0)
            break;
        LLN_TRY(evaluate(j, head, at->x + dx, at->y + dy, &next));
        update(slopes, dx, dy, &here, &next);
        at->x += dx;
        at->y += dy;
        here = next;
        *met = size_of(&here) <= tolerance;
    }
    at->excess = here.excess;
    at->difference = here.difference;
    at->slope = slopes->excess_y;
    return LLN_OK;
}

lln_status lln_joint_polish(const lln_joint *j, double low, double high,
                            lln_joint_slopes slopes, lln_joint_point *at,
                            bool *met)
{
    const lln_head *head = j->problem->head;
    if (head->q.precision == LLN_FLOAT32)
        LLN_TRY(take_steps(j, head, low, high, COARSE_STEPS, COARSE, &slopes,
                           at, met));
    return take_steps(j, &j->wide, low, high, FINE_STEPS, LLN_JOINT_SOLVED,
                      &slopes, at, met);
}

/* Secant steps in y. */
lln_status lln_joint_settle(const lln_joint *j, lln_joint_point *at, bool *met)
{
    residuals here, next;
    LLN_TRY(evaluate(j, &j->wide, at->x, at->y, &here));
    for (int i = 0; i < FINE_STEPS && fabs(here.excess) > EXACT; i++) {
        double dy = -here.excess / at->slope;
        if (!(fabs(dy) < LONGEST) || at->y + dy == at->y)
            break;
        LLN_TRY(evaluate(j, &j->wide, at->x, at->y + dy, &next));
        if (fabs(dy) > 1e-9)
            at->slope = (next.excess - here.excess) / dy;
        at->y += dy;
        here = next;
    }
    at->excess = here.excess;
    at->difference = here.difference;
    *met =
        fabs(here.excess) <= LLN_JOINT_SOLVED; /* of more, rounding decides */
    return LLN_OK;
}
