/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/jackknife_lognormal.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "measure/lognormal_left_out.h"
#include "measure/row_excess.h"
#include "measure/row_finish.h"

/* Values over the rows of a block without each group: moments of ln P_ij + ln
 * m, the sum over rows of the variance in the row, and their number. */
typedef enum { COUNT, MEAN, M2, M3, M4, VARIANCES, ROWS, FIELDS } field;

typedef struct {
    const lln_attention *attention;
    const lln_jackknife *groups;
    double *sums;     /* [blocks x FIELDS x g] */
    double *rounding; /* [blocks]: the largest of a row */
    size_t blocks;
} collector;

static void collector_free(collector *to)
{
    free(to->sums);
    free(to->rounding);
}

static lln_status begin(void *context, size_t blocks)
{
    collector *to = context;
    size_t fields = FIELDS * to->groups->count;
    collector_free(to);
    to->blocks = blocks;
    to->sums = lln_array_alloc(blocks * fields, sizeof *to->sums);
    to->rounding = lln_array_alloc(blocks, sizeof *to->rounding);
    return to->sums && to->rounding ? LLN_OK : LLN_ENOMEM;
}

/* Merges the row without each group into the sums, as lln_moments_merge
 * does. */
LLN_CLONES static void merge_row(const lln_left_out *row, size_t g,
                                 double rounding, double log_m, double *sums)
{
    const double *keys = row->keys, *norm = row->norm, *mean = row->mean;
    const double *row2 = row->m2, *row3 = row->m3, *row4 = row->m4;
#pragma omp simd
    for (size_t t = 0; t < g; t++) {
        double nb = keys[t] > 1 ? keys[t] : 0, one = nb > 0 ? nb : 1;
        bool spread = row2[t] > one * rounding * rounding;
        double b2 = spread ? row2[t] : 0, b3 = spread ? row3[t] : 0;
        double b4 = spread ? row4[t] : 0;
        double excess =
            lln_row_excess(norm[t], mean[t], b2 / one, b3 / one, b4 / one,
                           log_m, lln_log_f64(one) - log_m);
        double na = sums[COUNT * g + t], n = na + nb;
        double a2 = sums[M2 * g + t], a3 = sums[M3 * g + t];
        double ra = nb > 0 ? na / n : 1, rb = nb > 0 ? nb / n : 0;
        double delta = nb > 0 ? -excess - sums[MEAN * g + t] : 0;
        double d2 = delta * delta, between = d2 * na * rb;
        double more = b4 + d2 * d2 * na * rb * (ra * ra - ra * rb + rb * rb) +
                      6 * d2 * (ra * ra * b2 + rb * rb * a2) +
                      4 * delta * (ra * b3 - rb * a3);
        sums[M4 * g + t] += nb > 0 ? more : 0;
        more =
            b3 + between * delta * (ra - rb) + 3 * delta * (ra * b2 - rb * a2);
        sums[M3 * g + t] += nb > 0 ? more : 0;
        sums[M2 * g + t] += nb > 0 ? b2 + between : 0;
        sums[MEAN * g + t] += delta * rb;
        sums[COUNT * g + t] = n;
        sums[VARIANCES * g + t] += nb > 0 ? b2 / (nb - 1) : 0;
        sums[ROWS * g + t] += nb > 0 ? 1 : 0;
    }
}

static void add_row(void *context, size_t block, size_t query,
                    const lln_row *row, const lln_left_out *left)
{
    collector *to = context;
    size_t g = to->groups->count;
    double rounding = lln_row_rounding(to->attention, row);
    left->keys[lln_jackknife_query(to->groups, query)] = 0; /* is left out */
    merge_row(left, g, rounding, log((double)to->attention->m),
              to->sums + block * FIELDS * g);
    if (row->keys > 1 && rounding > to->rounding[block])
        to->rounding[block] = rounding;
}

/* The sums without group t over all blocks, in their order. */
static lln_moments add_blocks(const collector *to, size_t t, double *variances,
                              double *rows)
{
    size_t g = to->groups->count;
    lln_moments all = {0};
    double rounding = 0;
    *variances = *rows = 0;
    for (size_t b = 0; b < to->blocks; b++) {
        const double *more = to->sums + b * FIELDS * g + t;
        lln_moments_merge(&all, &(lln_moments){more[COUNT * g], more[MEAN * g],
                                               more[M2 * g], more[M3 * g],
                                               more[M4 * g]});
        *variances += more[VARIANCES * g];
        *rows += more[ROWS * g];
        rounding = fmax(rounding, to->rounding[b]);
    }
    lln_moments_settle(&all, rounding);
    return all;
}

static lln_lognormal_moments finish_group(const collector *to, size_t t)
{
    double variances, rows;
    lln_moments all = add_blocks(to, t, &variances, &rows);
    double variance = all.m2 / all.count;
    if (rows == 0)
        return (lln_lognormal_moments){NAN, NAN, NAN, NAN, NAN};
    return (lln_lognormal_moments){
        .mean = all.mean - log((double)to->attention->m),
        .variance = variance,
        .variance_row = variances / rows,
        .skewness = all.m3 / all.count / pow(variance, 1.5),
        .excess_kurtosis = all.m4 / all.count / (variance * variance) - 3,
    };
}

lln_status lln_lognormal_without(lln_attention *attention,
                                 const lln_jackknife *groups,
                                 lln_lognormal *out,
                                 lln_lognormal_moments *without)
{
    collector to = {.attention = attention, .groups = groups};
    const lln_rows_left_out left_out = {groups, begin, add_row, &to};
    lln_status status = lln_lognormal_leave_out(attention, &left_out, out);
    bool measured = status == LLN_OK || status == LLN_EUNDEFINED;
    for (size_t t = 0; measured && t < groups->count; t++)
        without[t] = finish_group(&to, t);
    collector_free(&to);
    return status;
}

lln_status lln_lognormal_jackknife(lln_attention *attention, size_t count,
                                   lln_lognormal *out,
                                   lln_lognormal_moments *error, size_t *used)
{
    enum { MOMENTS = sizeof(lln_lognormal_moments) / sizeof(double) };
    union {
        lln_lognormal_moments moments;
        double values[MOMENTS];
    } * without, errors;
    lln_jackknife groups;
    LLN_TRY(lln_jackknife_open(attention, count, &groups));
    without = lln_array_alloc(groups.count, sizeof *without);
    lln_status status = without ? lln_lognormal_without(attention, &groups, out,
                                                        &without->moments)
                                : LLN_ENOMEM;
    bool measured = status == LLN_OK || status == LLN_EUNDEFINED;
    for (size_t i = 0; measured && i < MOMENTS; i++)
        errors.values[i] =
            lln_jackknife_error(&without->values[i], MOMENTS, groups.count);
    if (measured) {
        *error = errors.moments;
        *used = groups.count;
    }
    if (status == LLN_OK)
        status = lln_jackknife_explain(&groups, out->variance_row,
                                       error->variance_row);
    free(without);
    lln_jackknife_free(&groups);
    return status;
}

/* Sum and sum of squares of x [count] minus c. */
LLN_CLONES static void sum_squares(const double *x, size_t count, double c,
                                   double power[5])
{
    double p1 = 0, p2 = 0;
#pragma omp simd reduction(+ : p1, p2)
    for (size_t i = 0; i < count; i++) {
        p1 += x[i] - c;
        p2 += (x[i] - c) * (x[i] - c);
    }
    power[1] = p1;
    power[2] = p2;
}

/* Adds all entries to mean and m2, a few rows or a part of a row at a time. */
static void add_run(lln_matrix a, lln_moments *sums)
{
    enum { PART = 2048 };
    double part[PART], power[5] = {0};
    size_t entries = a.rows * a.columns, size = lln_precision_size(a.precision);
    for (size_t i = 0, count = PART; i < entries; i += count) {
        count = lln_size_smaller(count, entries - i);
        lln_matrix flat = {a.precision, 1, count,
                           (const char *)a.data + i * size};
        lln_matrix_convert(flat, LLN_FLOAT64, part);
        double center = sums->count > 0 ? sums->mean : part[0];
        sum_squares(part, count, center, power);
        lln_moments here = lln_moments_from_sums((double)count, center, power);
        lln_moments_merge(sums, &here);
    }
}

/* Adds the rows of `a` to the moments of their groups, in runs of rows of one
 * group. */
static void add_groups(lln_matrix a, const lln_jackknife *groups, bool queries,
                       lln_moments *sums)
{
    for (size_t i = 0, end = 0; i < a.rows; i = end) {
        size_t t = queries ? lln_jackknife_query(groups, i)
                           : lln_jackknife_key(groups, i);
        for (end = i + 1; end < a.rows; end++)
            if ((queries ? lln_jackknife_query(groups, end)
                         : lln_jackknife_key(groups, end)) != t)
                break;
        add_run(lln_matrix_rows(a, i, end - i), &sums[t]);
    }
}

static lln_status sigma_error(lln_matrix a, const lln_jackknife *groups,
                              bool queries, double *error)
{
    size_t g = groups->count;
    lln_moments *sums = lln_array_alloc(g, sizeof *sums);
    double *without = lln_array_alloc(g, sizeof *without);
    if (sums && without) {
        add_groups(a, groups, queries, sums);
        for (size_t t = 0; t < g; t++) {
            lln_moments left = {0};
            for (size_t u = 0; u < g; u++)
                if (u != t)
                    lln_moments_merge(&left, &sums[u]);
            without[t] =
                left.count > 1 ? sqrt(left.m2 / (left.count - 1)) : NAN;
        }
        *error = lln_jackknife_error(without, 1, g);
    }
    lln_status status = sums && without ? LLN_OK : LLN_ENOMEM;
    free(sums);
    free(without);
    return status;
}

lln_status lln_sigmas_jackknife(const lln_head *head,
                                const lln_jackknife *groups,
                                double *sigma_q_error, double *sigma_k_error)
{
    LLN_TRY(sigma_error(head->q, groups, true, sigma_q_error));
    return sigma_error(head->k, groups, false, sigma_k_error);
}
