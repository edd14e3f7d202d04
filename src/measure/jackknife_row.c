/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/jackknife_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "measure/jackknife_row_internal.h"

/* Sums of weights below this may have lost digits, and their squares more. */
static const double LOW = 0x1p-20;

enum { OUT = sizeof(lln_left_out) / sizeof(double *) };

lln_status lln_group_rows_open(const lln_jackknife *groups, size_t rows,
                               bool moments, lln_group_rows **out)
{
    size_t g = groups->count, fields = moments ? FIELDS : MEAN;
    lln_group_rows *work = lln_array_alloc(1, sizeof *work);
    *out = work;
    if (!work)
        return LLN_ENOMEM;
    work->groups = groups;
    work->moments = moments;
    work->stride = fields * g;
    work->sums = lln_array_alloc(rows * fields * g, sizeof *work->sums);
    work->scratch = lln_array_alloc((SCRATCH + OUT) * g, sizeof(double));
    if (!work->sums || !work->scratch)
        return LLN_ENOMEM;
    double *v = work->scratch + SCRATCH * g;
    work->out = (lln_left_out){v,    v + g, v + 2 * g, v + 3 * g, v + 4 * g,
                               NULL, NULL,  NULL,      NULL};
    if (moments) {
        work->out.mean = v + 5 * g;
        work->out.m2 = v + 6 * g;
        work->out.m3 = v + 7 * g;
        work->out.m4 = v + 8 * g;
    }
    return LLN_OK;
}

void lln_group_rows_free(lln_group_rows *work)
{
    if (!work)
        return;
    free(work->sums);
    free(work->scratch);
    free(work);
}

void lln_group_rows_start(lln_group_rows *work, size_t rows)
{
    size_t g = work->groups->count;
    for (size_t i = 0; i < rows; i++)
        memset(work->sums + i * work->stride + COUNT * g, 0,
               g * sizeof *work->sums);
}

static void add_to_group(double *row, size_t g, size_t t, lln_group_sums more)
{
    double *at = row + t;
    if (at[COUNT * g] > 0) {
        lln_group_sums old = {at[COUNT * g], at[MAX * g],    at[SUM * g],
                              at[SLOPE * g], at[SQUARE * g], at[TOP * g]};
        double max = old.max > more.max ? old.max : more.max;
        old = lln_group_sums_raise(old, max);
        more = lln_group_sums_raise(more, max);
        more.count += old.count;
        more.sum += old.sum;
        more.slope += old.slope;
        more.square += old.square;
        more.top = more.top > old.top ? more.top : old.top;
    }
    at[COUNT * g] = more.count;
    at[MAX * g] = more.max;
    at[SUM * g] = more.sum;
    at[SLOPE * g] = more.slope;
    at[SQUARE * g] = more.square;
    at[TOP * g] = more.top;
}

/* The sums over scores, relative to the largest of them. */
static lln_group_sums weigh_again(const void *scores, size_t count,
                                  lln_domain domain, bool single)
{
    double top = single ? (double)lln_tile_max_f32(scores, count)
                        : lln_tile_max_f64(scores, count);
    double max = domain == LLN_DOMAIN_LINEAR ? log(top) : top;
    lln_tile_sums sums = {.reference = top, .max = max, .center = max};
    size_t ties;
    if (single) {
        lln_tile_sums_f32(scores, count, domain, LLN_TILE_SUMS, NULL, &sums);
        ties = lln_tile_ties_f32(scores, count, (float)top);
    } else {
        lln_tile_sums_f64(scores, count, domain, LLN_TILE_SUMS, NULL, &sums);
        ties = lln_tile_ties_f64(scores, count, top);
    }
    return (lln_group_sums){.max = max,
                            .sum = (double)ties + sums.rest,
                            .slope = sums.slope,
                            .square = (double)ties + sums.square,
                            .top = 1};
}

static void add_moments(double *row, size_t g, size_t t, lln_moments more)
{
    double *at = row + t;
    if (at[COUNT * g] > 0) {
        lln_moments all = {at[COUNT * g], at[MEAN * g], at[M2 * g], at[M3 * g],
                           at[M4 * g]};
        lln_moments_merge(&all, &more);
        more = all;
    }
    at[MEAN * g] = more.mean;
    at[M2 * g] = more.m2;
    at[M3 * g] = more.m3;
    at[M4 * g] = more.m4;
}

/* The number in the precision of the scores. */
static double rounded(double x, bool single)
{
    return single ? (double)(float)x : x;
}

void lln_group_rows_add(lln_group_rows *work, size_t i,
                        const lln_pieces *pieces, const void *scores,
                        lln_domain domain, bool single,
                        const lln_tile_sums *sums)
{
    size_t g = work->groups->count, start = 0;
    size_t size = single ? sizeof(float) : sizeof(double);
    double *row = work->sums + i * work->stride;
    lln_piece_sums *out = work->pieces;
    bool linear = domain == LLN_DOMAIN_LINEAR;
    const void *logs = linear ? sums->logs : scores; /* these are relative */
    double reference = linear ? 0 : sums->reference;
    double center = sums->center - (linear ? sums->max : 0);
    if (single)
        lln_piece_sums_f32(logs, sums->weights, pieces, work->moments,
                           reference, center, work->lanes, out);
    else
        lln_piece_sums_f64(logs, sums->weights, pieces, work->moments,
                           reference, center, work->lanes, out);
    center = rounded(center, single) + (linear ? sums->max : 0);
    for (size_t p = 0; p < pieces->count; p++) {
        size_t t = pieces->group[p], count = pieces->end[p] - start;
        lln_group_sums more = {.max = sums->max,
                               .sum = out[p].sum,
                               .slope = out[p].slope,
                               .square = out[p].square,
                               .top = out[p].top};
        if (more.sum < LOW)
            more = weigh_again((const char *)scores + start * size, count,
                               domain, single);
        more.count = (double)count;
        if (work->moments)
            add_moments(
                row, g, t,
                lln_moments_from_sums((double)count, center, out[p].power));
        add_to_group(row, g, t, more);
        start = pieces->end[p];
    }
}
