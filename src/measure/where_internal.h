/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to where*.c: the sums of a pass. */
#ifndef LLN_MEASURE_WHERE_INTERNAL_H
#define LLN_MEASURE_WHERE_INTERNAL_H

#include "measure/where.h"

/* Cumulative fractions up to this much below a half count as a half, and
 * columns whose sums differ by at most this, relative to the larger one, as
 * equal. */
#define LLN_WHERE_SLACK 1e-12

struct lln_where_sums {
    const lln_attention *attention;
    lln_where_rule rule;
    unsigned what;
    size_t groups;        /* of panels */
    size_t count;         /* rows to visit */
    bool positions;       /* queries and keys have a common axis */
    size_t low, lags;     /* lowest position; number of different lags */
    lln_where_row *rows;  /* [count] */
    unsigned char *flags; /* [count] LLN_WHERE_... of each row */
    /* Of each group; NULL: not asked for. */
    double *columns; /* [groups x m] sum_i P_ij */
    double *seen;    /* [groups x (m + 1)] rows that may see key j, minus those
                        that may see key j - 1 */
    double *profile; /* [groups x lags] sum of P_ij / w_i at j - p_i + (highest
                        position) */
    double *grid;    /* [groups x height x width] */
};

/* What is known of a row. */
enum { LLN_WHERE_HAS_KEYS = 1, LLN_WHERE_NEGATIVE = 2 };

#endif
