/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The curve on which LLN attention has the D2 of softmax attention, and what
 * the searches along it have in common. Private to joint*.c. */
#ifndef LLN_MATCH_JOINT_CURVE_H
#define LLN_MATCH_JOINT_CURVE_H

#include "match/lln_side.h"
#include "match/problem.h"

/* A head on which two quantities are matched. Sides: a = exp(x), b = exp(y). */
typedef struct {
    const lln_match_problem *problem;
    lln_head wide;  /* the head in float64 */
    bool skewness;  /* the second quantity is that, not the entropy */
    double target;  /* its value for softmax */
    double limit;   /* its difference for a -> infinity */
    double limit_y; /* of the curve for a -> infinity */
    lln_row *rows;  /* scratch [n] */
} lln_joint;

/* A point of the curve or near it. */
typedef struct {
    double x, y;       /* y NaN: there is no such point */
    double slope;      /* d excess / dy */
    double excess;     /* ln(D2 / D2 of softmax) */
    double difference; /* of the second quantity, LLN - softmax */
} lln_joint_point;

/* What a search finds. */
typedef struct {
    lln_joint_point solutions[LLN_MATCH_SOLUTIONS];
    size_t count;
    lln_joint_point nearest; /* if there are none; y NaN: none either */
    lln_joint_point first;   /* the point at the largest a */
} lln_joint_outcome;

/* Of the difference: solutions meet the second target to this, and D2 to the
 * same relative error. */
#define LLN_JOINT_SOLVED 1e-10

/* Points of the grid of a, from options.largest down to LLN_JOINT_LEAST. */
enum { LLN_JOINT_GRID = 20 };

/* x of point i of the grid. */
double lln_joint_grid_x(const lln_joint *j, int i);

/* ln b at point i of the grid by a polynomial through up to three points before
 * it, whose ln b are y[0 .. i - 1]; NaN: one of them is missing. i > 0. */
double lln_joint_extrapolate(const double *y, int i);

/* The excess and the second quantity at (x, y), over the rows queries[count] of
 * the head (NULL: 0 .. count - 1), which is that of the problem or j->wide; the
 * rows are left in j->rows. */
LLN_NODISCARD lln_status lln_joint_measure(const lln_joint *j,
                                           const lln_head *head,
                                           const size_t *queries, size_t count,
                                           double x, double y, double *excess,
                                           double *second);

/* Adds a solution; ignored if the list is full. */
void lln_joint_add(lln_joint_outcome *out, lln_joint_point at);

#endif
