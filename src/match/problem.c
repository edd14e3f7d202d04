/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/problem.h"

#include <math.h>

void lln_problem_add(const lln_match_problem *problem, double b, double target,
                     double predicted, double distance, lln_match_list *found)
{
    if (found->count == LLN_MATCH_SOLUTIONS)
        return;
    found->items[found->count++] = (lln_match){
        .of = problem->of,
        .alpha = problem->options->balance * b / problem->sigma_q,
        .beta = b / problem->sigma_k,
        .sigma_q = problem->sigma_q,
        .sigma_k = problem->sigma_k,
        .target = target,
        .predicted = predicted,
        .second_target = NAN,
        .second_predicted = NAN,
        .second_limit = NAN,
        .stated_error = NAN,
        .distance = distance,
        .state = distance == 0 ? LLN_MATCH_SOLVED : LLN_MATCH_NEAREST,
        .variance = NAN,
        .entropy = NAN};
}
