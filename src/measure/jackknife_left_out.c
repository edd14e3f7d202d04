/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The last step of jackknife_row.h: the row without each group, from the sums
 * of all groups. */
#include <math.h>

#include "core/vector_math.h"
#include "measure/jackknife_row.h"
#include "measure/jackknife_row_internal.h"

/* Sums below this are computed again, relative to a smaller maximum. */
static const double LEAST_SUM = 1e-100;

/* Power sums that exceed the moments by this factor are not used. */
static const double CANCELLED = 16;

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
    lln_group_sums all = {.max = -INFINITY};
    for (size_t u = 0; u < g; u++)
        if (u != t && row[COUNT * g + u] > 0)
            all.max = fmax(all.max, row[MAX * g + u]);
    for (size_t u = 0; u < g; u++) {
        lln_group_sums one = {0,
                              row[MAX * g + u],
                              row[SUM * g + u],
                              row[SLOPE * g + u],
                              row[SQUARE * g + u],
                              row[TOP * g + u]};
        if (u == t || row[COUNT * g + u] == 0)
            continue;
        one = lln_group_sums_raise(one, all.max);
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
