/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The root of a quantity that costs a pass over a head to evaluate. Private
 * to src/match. */
#ifndef LLN_MATCH_SEARCH_H
#define LLN_MATCH_SEARCH_H

#include <stddef.h>

#include "core/status.h"

/* The most evaluations of one search. */
enum { LLN_SEARCH_POINTS = 256 };

/* x = ln s, excess = ln value - ln target */
typedef struct {
    double x, excess;
} lln_search_point;

/* What is searched: the side s > 0 with value(s) = target, as the root of the
 * excess in x, because there the quantities of attention are nearly straight.
 */
typedef struct {
    const char *name; /* of the quantity, for messages */
    lln_status (*value)(void *context, double s, double *value);
    void *context;
    double target;    /* > 0 */
    double tolerance; /* of the excess */

    /* The search's own. */
    lln_search_point points[LLN_SEARCH_POINTS];
    size_t known;
    lln_status status;
} lln_search;

/* Searches from *x with a guess at the slope of the excess; *x, *slope and
 * *excess become those of the point nearest to the target. A quantity that
 * does not grow throughout is followed up and down from *x; of several roots
 * the one that is found first is given. A tolerance that the noise of value()
 * does not allow is given up when x has no digits left.
 * LLN_ENOCONV: no s reaches the target (the message gives the largest value
 * found); else the statuses of value(). */
LLN_NODISCARD lln_status lln_search_root(lln_search *search, double *x,
                                         double *slope, double *excess);

#endif
