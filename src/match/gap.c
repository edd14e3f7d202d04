/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/gap.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/table/table.h"
#include "match/lln_side.h"
#include "match/search.h"
#include "measure/spectrum.h"

/* Of ln |lambda_2|: of the search, and for a solution. */
static const double TOLERANCE = 1e-8, SOLVED = 1e-6;

/* An excess below this is that of 0, which the search takes for 1e-300: ln
 * 1e-300 = -690.8, and the target is at least 1e-16. */
static const double NOTHING = -600;

lln_status lln_gap_lambda2(const lln_kernel_choice *kernel,
                           const lln_head *head, double *lambda2)
{
    lln_spectrum_options options = {.method = LLN_SPECTRUM_AUTO,
                                    .eigenvalues = 2};
    lln_spectrum spectrum = {0};
    lln_status status =
        lln_spectrum_measure_head(kernel, head, &options, &spectrum);
    *lambda2 = status == LLN_OK ? spectrum.lambda2 : NAN;
    lln_spectrum_free(&spectrum);
    bool absent = status == LLN_EUNDEFINED || status == LLN_ENOCONV ||
                  status == LLN_ETOOBIG;
    return absent ? LLN_OK : status;
}

/* |lambda_2| of LLN attention with side s of the keys. A value that is not
 * known counts as 0; where it meets known ones there is no solution. */
static lln_status lambda2_at(void *context, double s, double *lambda2)
{
    const lln_match_problem *problem = context;
    lln_kernel_choice choice;
    LLN_TRY(lln_side_kernel(problem, s, &choice));
    LLN_TRY(lln_gap_lambda2(&choice, problem->head, lambda2));
    if (isnan(*lambda2))
        *lambda2 = 0;
    return LLN_OK;
}

static lln_status find_target(const lln_head *head, double *lambda2)
{
    lln_kernel_choice softmax;
    LLN_TRY(lln_kernel_parse("softmax", &softmax));
    LLN_TRY(lln_gap_lambda2(&softmax, head, lambda2));
    if (!(*lambda2 > (double)head->q.rows * DBL_EPSILON))
        return lln_fail(
            LLN_EUNDEFINED,
            isnan(*lambda2)
                ? "the second eigenvalue of softmax is not known"
                : "the second eigenvalue of softmax is 0 or rounding");
    return LLN_OK;
}

static void add(const lln_match_problem *problem, const lln_search *search,
                double x, double excess, bool solved, lln_match_list *found)
{
    lln_problem_add(problem, exp(x), 1 - search->target,
                    1 - search->target * exp(excess), solved ? 0 : fabs(excess),
                    found);
}

/* Adds the roots beside that at x. */
static lln_status add_others(const lln_match_problem *problem,
                             lln_search *search, double x,
                             lln_match_list *found)
{
    lln_search_interval intervals[LLN_MATCH_SOLUTIONS];
    size_t count;
    LLN_TRY(lln_search_scan(search, x, intervals, LLN_MATCH_SOLUTIONS, &count));
    for (size_t i = 0; i < count; i++) {
        double excess;
        lln_status status =
            lln_search_between(search, intervals[i], &x, &excess);
        if (status == LLN_OK && fabs(excess) <= SOLVED)
            add(problem, search, x, excess, true, found);
        else if (status != LLN_OK && status != LLN_ENOCONV)
            return status;
    }
    return LLN_OK;
}

static lln_status search_sides(const lln_match_problem *problem,
                               lln_search *search, lln_match_list *found)
{
    /* |lambda_2| grows as s^2 from 0. */
    double x = 0, slope = 2, excess = NAN;
    char message[LLN_MESSAGE];
    lln_status status = lln_search_root(search, &x, &slope, &excess);
    if (status == LLN_OK && !(fabs(excess) <= SOLVED))
        status = lln_fail(LLN_ENOCONV,
                          "the second eigenvalue of LLN attention is "
                          "not known where it would be %.9g",
                          search->target);
    if (isnan(x) || (status != LLN_OK && status != LLN_ENOCONV))
        return status;
    if (excess < NOTHING)
        return lln_fail(LLN_ENOCONV,
                        "the second eigenvalue of LLN attention is 0, "
                        "or not known, for all alpha and beta");
    strcpy(message, lln_error_message());
    if (status == LLN_OK)
        add(problem, search, x, excess, true, found);
    if (!problem->options->estimate || status == LLN_ENOCONV)
        LLN_TRY(add_others(problem, search, x, found));
    if (found->count > 0)
        return LLN_OK;
    add(problem, search, x, excess, false, found);
    return lln_fail(LLN_ENOCONV, "%s", message);
}

lln_status lln_gap_find(const lln_match_problem *problem, lln_match_list *found)
{
    double lambda2;
    lln_match_problem copy = *problem;
    LLN_TRY(find_target(problem->head, &lambda2));
    lln_search *search = calloc(1, sizeof *search);
    if (!search)
        return lln_fail(LLN_ENOMEM, "out of memory");
    *search = (lln_search){.name = "second eigenvalue",
                           .value = lambda2_at,
                           .context = &copy,
                           .target = lambda2,
                           .tolerance = TOLERANCE};
    lln_status status = search_sides(problem, search, found);
    free(search);
    return status;
}
