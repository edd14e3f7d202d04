/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the methods of matching have in common. Private to src/match. */
#ifndef LLN_MATCH_PROBLEM_H
#define LLN_MATCH_PROBLEM_H

#include "match/match.h"

/* A head to be matched. Sides: a = alpha sigma_q, b = beta sigma_k. */
typedef struct lln_match_problem {
    const lln_head *head;
    const lln_match_options *options;
    lln_match_target of; /* what is matched */
    double sigma_q, sigma_k;
    double variance; /* D2 of softmax; NaN if the method does not need it */
    lln_match_known *known; /* for methods that measure the same */
} lln_match_problem;

/* Adds the match with side b, and a = balance b, to the list; ignored if the
 * list is full. distance = 0 means that it is solved. */
void lln_problem_add(const lln_match_problem *problem, double b, double target,
                     double predicted, double distance, lln_match_list *found);

#endif
