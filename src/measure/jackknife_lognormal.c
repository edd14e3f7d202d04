/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/jackknife_lognormal.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

/* Sums over rows without one group. */
typedef struct {
    lln_moments all;        /* of ln P_ij + ln m */
    double variances, rows; /* sum over rows of the variance in the row */
    double rounding;        /* the largest of a row */
} group_sums;

typedef struct {
    const lln_attention *attention;
    const lln_jackknife *groups;
    group_sums *sums; /* [blocks x g] */
    size_t blocks;
} collector;

static lln_status begin(void *context, size_t blocks)
{
    collector *to = context;
    free(to->sums);
    to->blocks = blocks;
    to->sums = lln_array_alloc(blocks * to->groups->count, sizeof *to->sums);
    return to->sums ? LLN_OK : LLN_ENOMEM;
}

static void add_row(void *context, size_t block, size_t query,
                    const lln_row *row, const lln_left_out *left)
{
    collector *to = context;
    size_t g = to->groups->count;
    group_sums *sums = to->sums + block * g;
    size_t own = lln_jackknife_query(to->groups, query);
    double rounding = lln_row_rounding(to->attention, row);
    for (size_t t = 0; t < g; t++) {
        lln_row one = {.keys = (size_t)left->keys[t],
                       .log_norm = left->norm[t],
                       .scores = left->scores[t]};
        if (t == own || one.keys < 2)
            continue;
        lln_moments_settle(&one.scores, rounding);
        sums[t].variances += lln_row_variance(&one);
        sums[t].rows++;
        sums[t].rounding = fmax(sums[t].rounding, rounding);
        one.scores.mean = -lln_lognormal_excess(to->attention, &one);
        lln_moments_merge(&sums[t].all, &one.scores);
    }
}

/* The sums without group t over all blocks, in their order. */
static group_sums add_blocks(const collector *to, size_t t)
{
    group_sums sums = {0};
    for (size_t b = 0; b < to->blocks; b++) {
        const group_sums *more = &to->sums[b * to->groups->count + t];
        lln_moments_merge(&sums.all, &more->all);
        sums.variances += more->variances;
        sums.rows += more->rows;
        sums.rounding = fmax(sums.rounding, more->rounding);
    }
    lln_moments_settle(&sums.all, sums.rounding);
    return sums;
}

static lln_lognormal_moments finish_group(const collector *to, size_t t)
{
    group_sums sums = add_blocks(to, t);
    const lln_moments *all = &sums.all;
    double variance = all->m2 / all->count;
    if (sums.rows == 0)
        return (lln_lognormal_moments){NAN, NAN, NAN, NAN, NAN};
    return (lln_lognormal_moments){
        .mean = all->mean - log((double)to->attention->m),
        .variance = variance,
        .variance_row = sums.variances / sums.rows,
        .skewness = all->m3 / all->count / pow(variance, 1.5),
        .excess_kurtosis = all->m4 / all->count / (variance * variance) - 3,
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
    free(to.sums);
    return status;
}

lln_status lln_lognormal_jackknife(lln_attention *attention, size_t count,
                                   lln_lognormal *out,
                                   lln_lognormal_moments *error, size_t *used)
{
    enum { FIELDS = sizeof(lln_lognormal_moments) / sizeof(double) };
    union {
        lln_lognormal_moments moments;
        double values[FIELDS];
    } * without, errors;
    lln_jackknife groups;
    LLN_TRY(lln_jackknife_open(attention, count, &groups));
    without = lln_array_alloc(groups.count, sizeof *without);
    lln_status status = without ? lln_lognormal_without(attention, &groups, out,
                                                        &without->moments)
                                : LLN_ENOMEM;
    bool measured = status == LLN_OK || status == LLN_EUNDEFINED;
    for (size_t i = 0; measured && i < FIELDS; i++)
        errors.values[i] =
            lln_jackknife_error(&without->values[i], FIELDS, groups.count);
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
        lln_moments run = lln_matrix_summarise(lln_matrix_rows(a, i, end - i));
        lln_moments_merge(&sums[t], &run);
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
