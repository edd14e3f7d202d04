/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to jackknife_row.c and jackknife_left_out.c: the sums of the groups
 * of one row. */
#ifndef LLN_MEASURE_JACKKNIFE_ROW_INTERNAL_H
#define LLN_MEASURE_JACKKNIFE_ROW_INTERNAL_H

#include <math.h>

#include "measure/jackknife_row.h"

/* Values of a group of scores: sums relative to max, as logarithms, and the
 * moments of the logarithms. */
enum {
    COUNT,
    MAX,
    SUM,
    SLOPE,
    SQUARE,
    TOP,
    MEAN, /* from here on only with moments */
    M2,
    M3,
    M4,
    FIELDS
};

enum {
    SUMS = 4,                   /* COUNT, SUM, SLOPE, SQUARE */
    ALL_SUMS = 8,               /* and powers 1 .. 4 */
    SCRATCH = 2 * ALL_SUMS + 2, /* arrays [g] of lln_group_rows_finish */
};

/* Sums relative to a maximum. */
typedef struct {
    double count, max, sum, slope, square, top;
} lln_group_sums;

/* The same sums relative to a larger maximum. */
static inline lln_group_sums lln_group_sums_raise(lln_group_sums a, double max)
{
    double delta = max - a.max, shrink = exp(-delta);
    if (delta == 0)
        return a;
    return (lln_group_sums){.count = a.count,
                            .max = max,
                            .sum = shrink * a.sum,
                            .slope = shrink * (a.slope + delta * a.sum),
                            .square = shrink * shrink * a.square,
                            .top = shrink * a.top};
}

#endif
