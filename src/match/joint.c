/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "heads/wide.h"
#include "kernel/table/table.h"
#include "match/joint_all_rows.h"
#include "match/joint_curve.h"
#include "match/joint_limit.h"
#include "match/joint_some_rows.h"

static lln_status measure_softmax(lln_joint *j)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_side_values values;
    LLN_TRY(lln_kernel_parse("softmax", &choice));
    LLN_TRY(lln_kernel_open(&choice, &j->wide, &attention));
    LLN_TRY(
        lln_side_measure(&attention, NULL, j->wide.q.rows, j->rows, &values));
    j->target = j->skewness ? values.skewness : values.entropy;
    return isnan(j->target)
               ? lln_fail(LLN_EUNDEFINED,
                          "the second value is not defined for softmax")
               : LLN_OK;
}

static lln_status find_limit(lln_joint *j)
{
    lln_joint_limit limit;
    LLN_TRY(lln_joint_limit_find(&j->wide, j->problem->variance, &limit));
    j->limit = (j->skewness ? limit.skewness : limit.entropy) - j->target;
    j->limit_y = log(limit.beta * j->problem->sigma_k);
    return LLN_OK;
}

/* Adds a match with these sides. */
static void add(const lln_joint *j, lln_joint_point at, double distance,
                lln_match_list *found)
{
    lln_match_options options = *j->problem->options;
    lln_match_problem free_sides = *j->problem;
    double variance = j->problem->variance;
    if (found->count == LLN_MATCH_SOLUTIONS || isnan(at.y))
        return;
    options.balance = exp(at.x - at.y);
    free_sides.options = &options;
    lln_problem_add(&free_sides, exp(at.y), variance, variance * exp(at.excess),
                    distance, found);
    lln_match *match = &found->items[found->count - 1];
    match->second_target = j->target;
    match->second_predicted = j->target + at.difference;
    match->second_limit = j->limit;
}

static int compare_matches(const void *a, const void *b)
{
    const lln_match *x = a, *y = b;
    double first = fabs(log(x->alpha * x->sigma_q / (x->beta * x->sigma_k)));
    double second = fabs(log(y->alpha * y->sigma_q / (y->beta * y->sigma_k)));
    return (first > second) - (first < second);
}

/* Whether the limit shows that a solution exists beyond the end of the range,
 * and how the message says it. */
static const char *beyond(const lln_joint *j, const lln_joint_point *first)
{
    bool changes =
        !isnan(first->y) && (j->limit < 0) != (first->difference < 0);
    return changes ? "a solution exists"
                   : "it is not known whether there is a solution";
}

/* Lists the nearest point, and says why. */
static lln_status add_nearest(const lln_joint *j, const lln_joint_outcome *out,
                              lln_match_list *found)
{
    const lln_joint_point *nearest = &out->nearest;
    add(j, *nearest, fabs(nearest->difference), found);
    if (found->count == 0)
        return lln_fail(LLN_ENOCONV,
                        "no alpha and beta reach within-row "
                        "log-variance %.9g",
                        j->problem->variance);
    const char *second = j->skewness ? "skewness" : "entropy";
    return lln_fail(
        LLN_ENOCONV,
        "no alpha and beta reach both log-variance and %s; nearest: %s differs "
        "by %.4g%s at alpha sigma_q = %.4g, beta sigma_k = %.4g; %s above "
        "alpha sigma_q = %g",
        second, second, nearest->difference, j->skewness ? "" : " nat",
        exp(nearest->x), exp(nearest->y), beyond(j, &out->first),
        j->problem->options->largest);
}

static lln_status find_solutions(lln_joint *j, bool whole,
                                 lln_match_list *found)
{
    lln_joint_outcome out;
    bool certain = false;
    LLN_TRY(measure_softmax(j));
    LLN_TRY(find_limit(j));
    if (!whole)
        LLN_TRY(lln_joint_search_some_rows(j, &out, &certain));
    if (!certain)
        LLN_TRY(lln_joint_search_all_rows(j, &out));
    for (size_t i = 0; i < out.count; i++)
        add(j, out.solutions[i], 0, found);
    qsort(found->items, found->count, sizeof *found->items, compare_matches);
    return found->count > 0 ? LLN_OK : add_nearest(j, &out, found);
}

static lln_status find(const lln_match_problem *problem, bool whole,
                       lln_match_list *found)
{
    double *storage = NULL;
    size_t n = problem->head->q.rows;
    lln_row *rows = lln_array_alloc(n, sizeof *rows);
    if (!rows)
        return lln_fail(LLN_ENOMEM, "out of memory: %zu rows", n);
    lln_joint j = {.problem = problem,
                   .skewness = problem->options->second == LLN_TARGET_SKEWNESS,
                   .rows = rows};
    lln_status status = lln_head_widen(problem->head, &j.wide, &storage);
    if (status == LLN_OK)
        status = find_solutions(&j, whole, found);
    free(storage);
    free(rows);
    return status;
}

lln_status lln_joint_find(const lln_match_problem *problem,
                          lln_match_list *found)
{
    return find(problem, false, found);
}

lln_status lln_joint_find_all_rows(const lln_match_problem *problem,
                                   lln_match_list *found)
{
    return find(problem, true, found);
}
