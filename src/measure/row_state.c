/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/row_state.h"

#include <math.h>

/* Rescales the sums to a larger maximum. */
static void raise_max(lln_row_state *row, double reference, lln_domain domain)
{
    double max = domain == LLN_DOMAIN_LINEAR ? log(reference) : reference;
    if (row->count > 0) {
        double delta = max - row->max, shrink = exp(-delta);
        double sum = row->ties + row->rest;
        row->slope = shrink * (row->slope + delta * sum);
        row->rest = shrink * sum;
        row->square = shrink * shrink * (row->ties + row->square);
    }
    row->ties = 0;
    row->reference = reference;
    row->max = max;
}

static double largest_of(const void *scores, size_t count, lln_tile_kind kind)
{
    return kind.single ? (double)lln_tile_max_f32(scores, count)
                       : lln_tile_max_f64(scores, count);
}

static double ties_with(const void *scores, size_t count, double value,
                        lln_tile_kind kind)
{
    return (double)(kind.single ? lln_tile_ties_f32(scores, count, (float)value)
                                : lln_tile_ties_f64(scores, count, value));
}

static double first_center(const void *scores, size_t count, lln_tile_kind kind)
{
    return kind.single ? lln_tile_center_f32(scores, count, kind.domain)
                       : lln_tile_center_f64(scores, count, kind.domain);
}

static lln_tile_sums sum_scores(const void *scores, size_t count,
                                lln_tile_kind kind, void *kept, double center,
                                const lln_row_state *row, void *weights,
                                void *logs)
{
    lln_tile_sums sums = {.reference = row->reference,
                          .max = row->max,
                          .center = center,
                          .weights = weights,
                          .logs = logs};
    if (kind.single)
        lln_tile_sums_f32(scores, count, kind.domain, kind.moments, kept,
                          &sums);
    else
        lln_tile_sums_f64(scores, count, kind.domain, kind.moments, kept,
                          &sums);
    return sums;
}

/* It assumes that the scores do not exceed the largest so far, and corrects the
 * sums if they do: for n/512 tiles that happens about ln(n/512) times, which
 * costs less than finding the maximum of each tile first. */
lln_tile_sums lln_row_state_add(const void *scores, size_t count,
                                lln_tile_kind kind, void *kept, void *weights,
                                void *logs, lln_row_state *row)
{
    double center = row->moments.mean;
    if (row->count == 0) {
        if (kind.moments)
            center = first_center(scores, count, kind);
        raise_max(row, largest_of(scores, count, kind), kind.domain);
    }
    lln_tile_sums sums =
        sum_scores(scores, count, kind, kept, center, row, weights, logs);
    if (sums.largest > row->reference) {
        raise_max(row, sums.largest, kind.domain);
        sums =
            sum_scores(scores, count, kind, kept, center, row, weights, logs);
    }
    if (sums.largest == row->reference)
        row->ties += ties_with(scores, count, sums.largest, kind);
    row->rest += sums.rest;
    row->slope += sums.slope;
    row->square += sums.square;
    if (kind.moments) {
        lln_moments here =
            lln_moments_from_sums((double)count, sums.center, sums.power);
        lln_moments_merge(&row->moments, &here);
    }
    row->count += (double)count;
    return sums;
}
