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
        row->spread *= shrink;
        row->mean -= delta;
        row->tilt -= delta;
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

/* Factor of the weights, which are relative to the largest score. */
static double anchor_weights(lln_tile_kind kind, lln_row_state *row)
{
    bool linear = kind.domain == LLN_DOMAIN_LINEAR;
    if (!kind.anchored)
        return 1;
    if (row->count == 0)
        row->anchor = row->reference;
    double factor = linear ? row->reference / row->anchor
                           : exp(row->reference - row->anchor);
    if (factor < 0x1p32)
        return factor;
    row->anchor = row->reference;
    return 1;
}

static lln_tile_sums sum_scores(const void *scores, size_t count,
                                lln_tile_kind kind, void *kept, double center,
                                lln_row_state *row, void *weights, void *logs)
{
    lln_tile_sums sums = {.reference = row->reference,
                          .max = row->max,
                          .center = center,
                          .tilt = row->tilt,
                          .weights = weights,
                          .factor = anchor_weights(kind, row),
                          .logs = logs};
    lln_tile_what what = kind.shape     ? LLN_TILE_SHAPE
                         : kept         ? LLN_TILE_KEEP
                         : kind.moments ? LLN_TILE_MOMENTS
                                        : LLN_TILE_SUMS;
    if (kind.single)
        lln_tile_sums_f32(scores, count, kind.domain, what, kept, &sums);
    else
        lln_tile_sums_f64(scores, count, kind.domain, what, kept, &sums);
    return sums;
}

/* The variance of y in a tile with sum of weights `sum`. It loses digits if the
 * mean is far from the tilt: then the sums are computed again about the mean.
 * The previous tile of the row usually has nearly the same mean. */
static double tile_variance(const void *scores, size_t count,
                            lln_tile_kind kind, double sum, lln_tile_sums *sums)
{
    enum { LOSS = 32 };
    double mean = sums->first / sum,
           variance = sums->second / sum - mean * mean;
    if (mean * mean > LOSS * variance) {
        sums->tilt += mean;
        if (kind.single)
            lln_tile_tilt_f32(scores, count, kind.domain, sums);
        else
            lln_tile_tilt_f64(scores, count, kind.domain, sums);
        mean = sums->first / sum;
        variance = sums->second / sum - mean * mean;
    }
    return fmax(variance, 0);
}

/* Merges the mean and spread of a tile whose weights sum to `sum` (Chan et al.
 * 1983), before they are added to the sums of the row. */
static void add_shape(const void *scores, size_t count, lln_tile_kind kind,
                      double sum, lln_tile_sums *sums, lln_row_state *row)
{
    double before = row->ties + row->rest, all = before + sum;
    double variance = tile_variance(scores, count, kind, sum, sums);
    double mean = sums->tilt + sums->first / sum;
    double step = before > 0 ? mean - row->mean : 0;
    row->spread += sum * variance + step * step * before * sum / all;
    row->mean = before > 0 ? row->mean + step * sum / all : mean;
    row->tilt = mean;
    row->smallest =
        row->count > 0 ? fmin(row->smallest, sums->smallest) : sums->smallest;
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
    double ties = sums.largest == row->reference
                      ? ties_with(scores, count, sums.largest, kind)
                      : 0;
    if (kind.shape)
        add_shape(scores, count, kind, ties + sums.rest, &sums, row);
    row->ties += ties;
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
