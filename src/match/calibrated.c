/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/calibrated.h"

#include <math.h>
#include <pthread.h>

#include "theory/line_fit.h"

enum { REMEMBERED = 16 };

/* Fits of this process. A fit is a function of what it is found by, so results
 * do not depend on what is remembered. */
static struct {
    pthread_mutex_t lock;
    size_t count; /* of all fits; the oldest are overwritten */
    lln_theory_line lines[REMEMBERED];
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_same(const lln_theory_line *line, size_t d,
                    const lln_match_options *options)
{
    return line->d == d && line->ratio == options->balance &&
           line->low == options->line_low && line->high == options->line_high;
}

static lln_status fit_line(size_t d, const lln_match_options *options,
                           lln_theory_line *line)
{
    for (size_t i = 0; i < REMEMBERED; i++)
        if (is_same(&known.lines[i], d, options)) {
            *line = known.lines[i];
            return LLN_OK;
        }
    LLN_TRY(lln_theory_line_fit(d, options->balance, options->line_low,
                                options->line_high, line));
    known.lines[known.count++ % REMEMBERED] = *line;
    return LLN_OK;
}

lln_status lln_calibrated_find(const lln_match_problem *problem,
                               lln_match_list *found)
{
    const lln_match_options *options = problem->options;
    double target = problem->variance, balance = options->balance;
    lln_theory_line line;
    pthread_mutex_lock(&known.lock);
    lln_status status = fit_line(problem->head->q.columns, options, &line);
    pthread_mutex_unlock(&known.lock);
    LLN_TRY(status);
    double s2 = (target - line.intercept) / line.slope;
    lln_problem_add(problem, sqrt(s2 / (1 + balance * balance)), target, target,
                    0, found);
    if (target >= line.low && target <= line.high)
        found->items[0].stated_error = line.relative_error;
    return LLN_OK;
}
