/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/jackknife_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"

/* Values of a group of scores: sums relative to max, as logarithms, and the
 * moments of the logarithms. */
typedef enum {
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
} field;

/* Sums of weights below this may have lost digits, and their squares more. */
static const double LOW = 0x1p-20;

/* Sums below this are computed again, relative to a smaller maximum. */
static const double LEAST_SUM = 1e-100;

/* Power sums that exceed the moments by this factor are not used. */
static const double CANCELLED = 16;

enum {
    SUMS = 4,                   /* COUNT, SUM, SLOPE, SQUARE */
    ALL_SUMS = 8,               /* and powers 1 .. 4 */
    SCRATCH = 2 * ALL_SUMS + 2, /* arrays [g] */
    OUT = sizeof(lln_left_out) / sizeof(double *)
};

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

/* Sums relative to a maximum. */
typedef struct {
    double count, max, sum, slope, square, top;
} group_sums;

/* The same sums relative to a larger maximum. */
static group_sums raise_to(group_sums a, double max)
{
    double delta = max - a.max, shrink = exp(-delta);
    if (delta == 0)
        return a;
    return (group_sums){.count = a.count,
                        .max = max,
                        .sum = shrink * a.sum,
                        .slope = shrink * (a.slope + delta * a.sum),
                        .square = shrink * shrink * a.square,
                        .top = shrink * a.top};
}

static void add_to_group(double *row, size_t g, size_t t, group_sums more)
{
    double *at = row + t;
    if (at[COUNT * g] > 0) {
        group_sums old = {at[COUNT * g], at[MAX * g],    at[SUM * g],
                          at[SLOPE * g], at[SQUARE * g], at[TOP * g]};
        double max = old.max > more.max ? old.max : more.max;
        old = raise_to(old, max);
        more = raise_to(more, max);
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
static group_sums weigh_again(const void *scores, size_t count,
                              lln_domain domain, bool single)
{
    double top = single ? (double)lln_tile_max_f32(scores, count)
                        : lln_tile_max_f64(scores, count);
    double max = domain == LLN_DOMAIN_LINEAR ? log(top) : top;
    lln_tile_sums sums = {.reference = top, .max = max, .center = max};
    size_t ties;
    if (single) {
        lln_tile_sums_f32(scores, count, domain, false, NULL, &sums);
        ties = lln_tile_ties_f32(scores, count, (float)top);
    } else {
        lln_tile_sums_f64(scores, count, domain, false, NULL, &sums);
        ties = lln_tile_ties_f64(scores, count, top);
    }
    return (group_sums){.max = max,
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
        group_sums more = {.max = sums->max,
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

/* Copies the counts of the groups and scales their sums to the same maximum:
 * to [SUMS x g]; top [g]. */
LLN_CLONES static void scale_groups(const double *row, size_t g, double max,
                                    double *to, double *top)
{
#pragma omp simd
    for (size_t t = 0; t < g; t++) {
        bool some = row[COUNT * g + t] > 0;
        double sum = row[SUM * g + t];
        double delta = some ? max - row[MAX * g + t] : 0;
        double shrink = lln_exp_f64(-delta);
        to[t] = row[COUNT * g + t];
        to[g + t] = some ? shrink * sum : 0;
        to[2 * g + t] = some ? shrink * (row[SLOPE * g + t] + delta * sum) : 0;
        to[3 * g + t] = some ? shrink * shrink * row[SQUARE * g + t] : 0;
        top[t] = some ? shrink * row[TOP * g + t] : 0;
    }
}

/* Power sums about `center` from the moments of the groups: to [4 x g]. */
LLN_CLONES static void shift_groups(const double *row, size_t g, double center,
                                    double *to)
{
#pragma omp simd
    for (size_t t = 0; t < g; t++) {
        double n = row[COUNT * g + t], d = row[MEAN * g + t] - center;
        double m2 = row[M2 * g + t], m3 = row[M3 * g + t], nd2 = n * d * d;
        to[t] = n > 0 ? n * d : 0;
        to[g + t] = n > 0 ? m2 + nd2 : 0;
        to[2 * g + t] = n > 0 ? m3 + d * (3 * m2 + nd2) : 0;
        to[3 * g + t] =
            n > 0 ? row[M4 * g + t] + d * (4 * m3 + d * (6 * m2 + nd2)) : 0;
    }
}

/* out[f g + t] = sum of x[f g + u] over all groups u but t, without
 * subtracting. `fields` is a constant, so that the sums run side by side. */
LLN_INLINE void sum_others(const double *x, size_t g, const size_t fields,
                           double *out)
{
    double before[SUMS] = {0}, after[SUMS] = {0};
    for (size_t t = 0; t < g; t++)
        for (size_t f = 0; f < fields; f++) {
            out[f * g + t] = before[f];
            before[f] += x[f * g + t];
        }
    for (size_t t = g; t-- > 0;)
        for (size_t f = 0; f < fields; f++) {
            out[f * g + t] += after[f];
            after[f] += x[f * g + t];
        }
}

static void largest_others(const double *x, size_t g, double *out)
{
    double first = 0, second = 0;
    size_t at = g;
    for (size_t t = 0; t < g; t++) {
        if (x[t] > first) {
            second = first;
            first = x[t];
            at = t;
        } else if (x[t] > second)
            second = x[t];
    }
    for (size_t t = 0; t < g; t++)
        out[t] = first;
    if (at < g)
        out[at] = second;
}

/* Statistics from sums relative to max. */
LLN_CLONES static void fill_left_out(const double *keys, const double *sum,
                                     const double *slope, const double *square,
                                     const double *top, size_t g, double max,
                                     lln_left_out out)
{
#pragma omp simd
    for (size_t t = 0; t < g; t++) {
        double z = sum[t], log_sum = lln_log_f64(z);
        double entropy = log_sum + slope[t] / z;
        bool one = keys[t] == 1;
        entropy = entropy > 0 && !one ? entropy : 0;
        out.keys[t] = keys[t];
        out.norm[t] = keys[t] > 0 ? max + log_sum : NAN;
        out.entropy[t] = keys[t] > 0 ? entropy : NAN;
        out.squares[t] = one ? 1 : square[t] / (z * z);
        out.top[t] = one ? 1 : top[t] / z;
    }
}

/* The row without group t, whose weights exceed those of all other groups by so
 * much that they are lost relative to its maximum. */
static void sum_again(const double *row, size_t g, size_t t, lln_left_out *out)
{
    group_sums all = {.max = -INFINITY};
    for (size_t u = 0; u < g; u++)
        if (u != t && row[COUNT * g + u] > 0)
            all.max = fmax(all.max, row[MAX * g + u]);
    for (size_t u = 0; u < g; u++) {
        group_sums one = {0,
                          row[MAX * g + u],
                          row[SUM * g + u],
                          row[SLOPE * g + u],
                          row[SQUARE * g + u],
                          row[TOP * g + u]};
        if (u == t || row[COUNT * g + u] == 0)
            continue;
        one = raise_to(one, all.max);
        all.sum += one.sum;
        all.slope += one.slope;
        all.square += one.square;
        all.top = fmax(all.top, one.top);
    }
    fill_left_out(&out->keys[t], &all.sum, &all.slope, &all.square, &all.top, 1,
                  all.max,
                  (lln_left_out){.keys = &out->keys[t],
                                 .norm = &out->norm[t],
                                 .entropy = &out->entropy[t],
                                 .squares = &out->squares[t],
                                 .top = &out->top[t]});
}

static double largest_max(const double *row, size_t g)
{
    double max = -INFINITY;
    for (size_t t = 0; t < g; t++)
        if (row[COUNT * g + t] > 0 && row[MAX * g + t] > max)
            max = row[MAX * g + t];
    return max;
}

/* Moments from power sums p [4 x g] about `center`, as lln_moments_from_sums
 * does. */
LLN_CLONES static void fill_moments(const double *keys, const double *p,
                                    size_t g, double center, lln_left_out out)
{
#pragma omp simd
    for (size_t t = 0; t < g; t++) {
        double p1 = p[t], p2 = p[g + t], p3 = p[2 * g + t], p4 = p[3 * g + t];
        double shift = keys[t] > 0 ? p1 / keys[t] : 0;
        out.mean[t] = center + shift;
        out.m2[t] = p2 - p1 * shift;
        out.m3[t] = p3 - shift * (3 * p2 - 2 * p1 * shift);
        out.m4[t] = p4 - shift * (4 * p3 - shift * (6 * p2 - 3 * p1 * shift));
    }
}

/* The moments without group t, which is far from the others, from theirs. */
static void merge_others(const double *row, size_t g, size_t t,
                         lln_left_out *out)
{
    lln_moments all = {0};
    for (size_t u = 0; u < g; u++) {
        lln_moments one = {row[COUNT * g + u], row[MEAN * g + u],
                           row[M2 * g + u], row[M3 * g + u], row[M4 * g + u]};
        if (u != t)
            lln_moments_merge(&all, &one);
    }
    out->mean[t] = all.mean;
    out->m2[t] = all.m2;
    out->m3[t] = all.m3;
    out->m4[t] = all.m4;
}

static void leave_out_moments(const double *row, size_t g, double center,
                              double *work, lln_left_out *out)
{
    double *left = work + 4 * g;
    shift_groups(row, g, center, work);
    sum_others(work, g, 4, left);
    fill_moments(out->keys, left, g, center, *out);
    for (size_t t = 0; t < g; t++)
        if (CANCELLED * out->m2[t] < left[g + t])
            merge_others(row, g, t, out);
}

const lln_left_out *lln_group_rows_finish(lln_group_rows *work, size_t i,
                                          double center)
{
    size_t g = work->groups->count;
    const double *row = work->sums + i * work->stride;
    double max = largest_max(row, g), *sums = work->scratch;
    double *others = sums + SUMS * g, *top = others + SUMS * g;
    scale_groups(row, g, max, sums, top);
    sum_others(sums, g, SUMS, others);
    largest_others(top, g, top + g);
    fill_left_out(others, others + g, others + 2 * g, others + 3 * g, top + g,
                  g, max, work->out);
    for (size_t t = 0; t < g; t++)
        if (others[g + t] < LEAST_SUM && work->out.keys[t] > 0)
            sum_again(row, g, t, &work->out);
    if (work->moments)
        leave_out_moments(row, g, center, sums, &work->out);
    return &work->out;
}
