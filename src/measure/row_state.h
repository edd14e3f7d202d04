/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sums over one row while its scores come in, tile by tile. Internal to the
 * pass over rows (rows.c). */
#ifndef LLN_MEASURE_ROW_STATE_H
#define LLN_MEASURE_ROW_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/moments.h"
#include "measure/tile_sums.h"

/* Sums over the scores of a row so far, relative to the largest: `reference` in
 * the unit of the tile, `max` as a logarithm. ties entries are equal to it;
 * rest = sum of exp(s - max) over the others, slope = sum of (max - s) exp(s -
 * max), square = sum of exp(s - max)^2 over the others. All terms are
 * non-negative, so nothing cancels; entropy = ln(ties + rest) + slope / (ties +
 * rest). */
typedef struct {
    double reference, max, ties, rest, slope, square;
    double count;
    lln_moments moments; /* of the scores as logs */
    /* With `shape`, of y = s - max weighted by exp(y): the mean, the sum of
     * squares about it, and the mean in the last tile; and the smallest
     * score as a logarithm. */
    double mean, spread, tilt, smallest;
    double anchor; /* with `anchored`: what the weights are relative to, as
                      `reference`, usually that of the first scores */
} lln_row_state;

/* Properties of a tile, for the loops over it. */
typedef struct {
    lln_domain domain;
    bool single; /* scores are float, else double */
    bool moments;
    bool shape;    /* which needs moments, and no `kept` */
    bool anchored; /* weights are relative to `anchor`, else to the largest
                      score so far */
} lln_tile_kind;

/* Adds `count` >= 1 scores of a row and, unless it is NULL, writes their
 * logarithms to `kept`. `weights` and `logs` as in lln_tile_sums; weights may
 * be NULL. If a weight could exceed 2^32, the anchor changes. Returns the sums
 * over the scores. A state of zeros is that of a row without scores. */
lln_tile_sums lln_row_state_add(const void *scores, size_t count,
                                lln_tile_kind kind, void *kept, void *weights,
                                void *logs, lln_row_state *row);

#endif
