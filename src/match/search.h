/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds the root of a quantity whose evaluation needs a pass over a head.
 * Private to src/match. */
#ifndef LLN_MATCH_SEARCH_H
#define LLN_MATCH_SEARCH_H

#include <stddef.h>

#include "core/status.h"

/* Largest number of evaluations in one search. */
enum { LLN_SEARCH_POINTS = 256 };

/* x = ln s, excess = ln value - ln target */
typedef struct {
    double x, excess;
} lln_search_point;

/* The search finds s > 0 with value(s) = target, as the root of the excess in
 * x. In these variables the quantities of attention are nearly linear. Example:
 * value(s) = s^2, target 4: excess = 2 x - ln 4, root x = ln 2. */
typedef struct {
    const char *name; /* of the quantity, for messages */
    lln_status (*value)(void *context, double s, double *value);
    void *context;
    double target;    /* > 0 */
    double tolerance; /* of the excess */

    /* Private to the search. */
    lln_search_point points[LLN_SEARCH_POINTS];
    size_t known;
    lln_status status;
} lln_search;

/* Searches from *x with *slope as an estimate of the slope of the excess. *x,
 * *slope and *excess receive those of the point nearest to the target. A
 * quantity that is not monotone is followed up and down from *x; of several
 * roots, the first one found is returned. If the rounding of value() does not
 * allow the tolerance, the search ends when x cannot change any more.
 * LLN_ENOCONV: no s reaches the target (the message gives the nearest value
 * found, and *x and *excess are where it was found), or there was no
 * convergence (*x is NaN); else the statuses of value(). */
LLN_NODISCARD lln_status lln_search_root(lln_search *search, double *x,
                                         double *slope, double *excess);

/* Where a root is: the excess has different signs at the two ends. */
typedef struct {
    double low, high; /* x */
} lln_search_interval;

/* Looks for roots beside the known one at x: evaluates value() at x +- 0.04 and
 * at x +- k 0.3 for s = 0.05 to 67, and lists up to `most` intervals with a
 * change of sign, in ascending order. Two roots within one step are not seen.
 * The statuses of value(). */
LLN_NODISCARD lln_status lln_search_scan(lln_search *search, double x,
                                         lln_search_interval *intervals,
                                         size_t most, size_t *count);

/* The root in an interval. LLN_ENOCONV: the excess has the same sign at both
 * ends; else the statuses of value(). */
LLN_NODISCARD lln_status lln_search_between(lln_search *search,
                                            lln_search_interval interval,
                                            double *x, double *excess);

#endif
