/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Samples of the curve on some rows, and what they tell of all rows. Private to
 * joint*.c. */
#ifndef LLN_MATCH_JOINT_WALK_H
#define LLN_MATCH_JOINT_WALK_H

#include <stdbool.h>

#include "match/joint_curve.h"

enum {
    LLN_WALK_ROWS = 64,
    LLN_WALK_SAMPLES = 96,
    LLN_WALK_ANCHORS = 40 /* at most */
};

/* Of the excess over all rows at an anchor. */
#define LLN_WALK_ANCHORED 0.01

/* An evaluation near the curve on some rows. */
typedef struct {
    double x, y;
    double excess, second;  /* over these rows */
    double slope, lean;     /* d excess / dy, d second / dy */
    bool doubtful;          /* the difference is 0 within errors */
    bool sharp;             /* the excess was made small */
    bool fine;              /* all rows were measured very near to the curve */
    bool anchor;            /* all rows were measured: */
    double excess_gap, gap; /* all rows minus these, of excess and second */
    double values[LLN_WALK_ROWS]; /* of each row, corrected to the curve */
} lln_walk_sample;

typedef struct {
    const lln_joint *joint;
    const lln_head *head; /* in the precision of samples and anchors */
    double rounding;
    size_t count, queries[LLN_WALK_ROWS];
    size_t known, anchors;
    lln_walk_sample samples[LLN_WALK_SAMPLES]; /* the grid first */
    bool certain; /* false: the search must be given up */
} lln_walk;

/* What is expected of all rows at a sample. */
typedef struct {
    double excess, difference; /* the latter corrected to the curve */
    double margin;             /* its error is probably smaller */
} lln_walk_estimate;

/* Chooses rows and samples the grid, the first samples. The first point and
 * those whose sign is not certain become anchors. *w is zeroed but for joint.
 * The statuses of lln_joint_measure; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_walk_start(lln_walk *w);

/* Interpolates between the anchors. */
lln_walk_estimate lln_walk_estimate_at(const lln_walk *w,
                                       const lln_walk_sample *s);

/* Makes the error of an estimate smaller: first the excess over the chosen rows
 * is made small, then all rows are measured, then their excess is made small,
 * too. */
LLN_NODISCARD lln_status lln_walk_sharpen(lln_walk *w, lln_walk_sample *s);

/* Measures all rows at s, after which their excess is at most `nearness`: if it
 * is larger, s moves towards the curve. */
LLN_NODISCARD lln_status lln_walk_anchor(lln_walk *w, double nearness,
                                         lln_walk_sample *s);

/* Adds a sample at x, between two others or near them. */
LLN_NODISCARD lln_status lln_walk_between(lln_walk *w, double x,
                                          const lln_walk_sample *a,
                                          const lln_walk_sample *b,
                                          lln_walk_sample **out);

#endif
