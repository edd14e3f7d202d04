/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/jackknife_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"

/* Sums over the scores of a group: relative to max, as logarithms. */
typedef enum { COUNT, MAX, SUM, SLOPE, SQUARE, TOP, FIELDS } field;

/* Weights below this may have lost digits, and their squares more. */
static const double LOW = 0x1p-20;

/* Sums below this are computed again, relative to a smaller maximum. */
static const double LEAST_SUM = 1e-100;

/* Power sums that exceed the moments by this factor are not used. */
static const double CANCELLED = 16;

enum { SCRATCH = 12 }; /* arrays [g + 1] */

lln_status lln_group_rows_open(const lln_jackknife *groups, size_t rows,
                               bool moments, lln_group_rows **out)
{
    size_t g = groups->count;
    lln_group_rows *work = lln_array_alloc(1, sizeof *work);
    *out = work;
    if (!work)
        return LLN_ENOMEM;
    work->groups = groups;
    work->sums = lln_array_alloc(rows * FIELDS * g, sizeof *work->sums);
    work->scratch =
        lln_array_alloc((SCRATCH + 5) * (g + 1), sizeof *work->scratch);
    if (moments) {
        work->moments = lln_array_alloc(rows * g, sizeof *work->moments);
        work->out.scores = lln_array_alloc(g, sizeof *work->out.scores);
    }
    if (!work->sums || !work->scratch ||
        (moments && !(work->moments && work->out.scores)))
        return LLN_ENOMEM;
    double *values = work->scratch + SCRATCH * (g + 1);
    work->out.keys = values;
    work->out.norm = values + g;
    work->out.entropy = values + 2 * g;
    work->out.squares = values + 3 * g;
    work->out.top = values + 4 * g;
    return LLN_OK;
}

void lln_group_rows_free(lln_group_rows *work)
{
    if (!work)
        return;
    free(work->sums);
    free(work->scratch);
    free(work->moments);
    free(work->out.scores);
    free(work);
}

void lln_group_rows_start(lln_group_rows *work, size_t rows)
{
    size_t g = work->groups->count;
    memset(work->sums, 0, rows * FIELDS * g * sizeof *work->sums);
    if (work->moments)
        memset(work->moments, 0, rows * g * sizeof *work->moments);
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
        double max = fmax(old.max, more.max);
        old = raise_to(old, max);
        more = raise_to(more, max);
        more.count += old.count;
        more.sum += old.sum;
        more.slope += old.slope;
        more.square += old.square;
        more.top = fmax(more.top, old.top);
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

void lln_group_rows_add(lln_group_rows *work, size_t i,
                        const lln_pieces *pieces, const void *scores,
                        lln_domain domain, bool single,
                        const lln_tile_sums *sums)
{
    size_t g = work->groups->count, start = 0;
    size_t size = single ? sizeof(float) : sizeof(double);
    double *row = work->sums + i * FIELDS * g;
    lln_piece_sums *out = work->pieces;
    double center = sums->center - sums->max;
    if (single)
        lln_piece_sums_f32(sums->logs, sums->weights, pieces,
                           work->moments != NULL, center, out);
    else
        lln_piece_sums_f64(sums->logs, sums->weights, pieces,
                           work->moments != NULL, center, out);
    for (size_t p = 0; p < pieces->count; p++) {
        size_t t = pieces->group[p], count = pieces->end[p] - start;
        group_sums more = {.max = sums->max,
                           .sum = out[p].sum,
                           .slope = out[p].slope,
                           .square = out[p].square,
                           .top = out[p].top};
        if (more.top < LOW)
            more = weigh_again((const char *)scores + start * size, count,
                               domain, single);
        more.count = (double)count;
        add_to_group(row, g, t, more);
        if (work->moments) {
            lln_moments here = lln_moments_from_sums(
                (double)count, sums->center, out[p].power);
            lln_moments_merge(&work->moments[i * g + t], &here);
        }
        start = pieces->end[p];
    }
}

/* Sums of the groups relative to the largest of their maxima, [g]. */
typedef struct {
    double *sum, *slope, *square, *top;
} scaled_sums;

LLN_CLONES static void scale_groups(const double *row, size_t g, double max,
                                    scaled_sums to)
{
#pragma omp simd
    for (size_t t = 0; t < g; t++) {
        double count = row[COUNT * g + t], sum = row[SUM * g + t];
        double delta = count > 0 ? max - row[MAX * g + t] : 0;
        double shrink = lln_exp_f64(-delta);
        to.sum[t] = shrink * sum;
        to.slope[t] = shrink * (row[SLOPE * g + t] + delta * sum);
        to.square[t] = shrink * shrink * row[SQUARE * g + t];
        to.top[t] = shrink * row[TOP * g + t];
    }
}

/* out[t] = sum of x over all groups but t, without subtracting. */
static void sum_others(const double *x, size_t g, double *out)
{
    double before = 0, after = 0;
    for (size_t t = 0; t < g; t++) {
        out[t] = before;
        before += x[t];
    }
    for (size_t t = g; t-- > 0;) {
        out[t] += after;
        after += x[t];
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
                  (lln_left_out){&out->keys[t], &out->norm[t], &out->entropy[t],
                                 &out->squares[t], &out->top[t], NULL});
}

static double largest_max(const double *row, size_t g)
{
    double max = -INFINITY;
    for (size_t t = 0; t < g; t++)
        if (row[COUNT * g + t] > 0)
            max = fmax(max, row[MAX * g + t]);
    return max;
}

/* Power sums about `center`, from moments. */
static void shift_moments(const lln_moments *a, double center, double power[5])
{
    double d = a->mean - center, d2 = d * d, n = a->count;
    power[0] = n;
    power[1] = n * d;
    power[2] = a->m2 + n * d2;
    power[3] = a->m3 + d * (3 * a->m2 + n * d2);
    power[4] = a->m4 + d * (4 * a->m3 + d * (6 * a->m2 + n * d2));
}

static lln_moments merge_others(const lln_moments *groups, size_t g, size_t t)
{
    lln_moments all = {0};
    for (size_t u = 0; u < g; u++)
        if (u != t)
            lln_moments_merge(&all, &groups[u]);
    return all;
}

/* The moments without each group, from power sums about `center`. */
static void leave_out_moments(const lln_moments *groups, size_t g,
                              double center, double *work, lln_moments *out)
{
    double power[5];
    for (size_t t = 0; t < g; t++) {
        shift_moments(&groups[t], center, power);
        for (int r = 0; r < 5; r++)
            work[(size_t)r * g + t] = power[r];
    }
    double *left = work + 5 * g;
    for (int r = 0; r < 5; r++)
        sum_others(work + (size_t)r * g, g, left + (size_t)r * g);
    for (size_t t = 0; t < g; t++) {
        for (int r = 0; r < 5; r++)
            power[r] = left[(size_t)r * g + t];
        out[t] = (lln_moments){0};
        if (power[0] > 0)
            out[t] = lln_moments_from_sums(power[0], center, power);
        if (CANCELLED * out[t].m2 < power[2])
            out[t] = merge_others(groups, g, t);
    }
}

const lln_left_out *lln_group_rows_finish(lln_group_rows *work, size_t i,
                                          double center)
{
    size_t g = work->groups->count;
    const double *row = work->sums + i * FIELDS * g;
    double max = largest_max(row, g), *s = work->scratch;
    scaled_sums sums = {s, s + g, s + 2 * g, s + 3 * g};
    double *others = s + 4 * g; /* [5 x g] */
    scale_groups(row, g, max, sums);
    sum_others(sums.sum, g, others);
    sum_others(sums.slope, g, others + g);
    sum_others(sums.square, g, others + 2 * g);
    largest_others(sums.top, g, others + 3 * g);
    sum_others(row + COUNT * g, g, others + 4 * g);
    fill_left_out(others + 4 * g, others, others + g, others + 2 * g,
                  others + 3 * g, g, max, work->out);
    for (size_t t = 0; t < g; t++)
        if (others[t] < LEAST_SUM && work->out.keys[t] > 0)
            sum_again(row, g, t, &work->out);
    if (work->moments)
        leave_out_moments(work->moments + i * g, g, center, s,
                          work->out.scores);
    return &work->out;
}
