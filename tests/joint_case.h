/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A head and targets that LLN attention with known sides meets. */
#ifndef LLN_TESTS_JOINT_CASE_H
#define LLN_TESTS_JOINT_CASE_H

#include "head_cases.h"
#include "match/joint_curve.h"

typedef struct {
    lln_head head;
    lln_match_problem problem;
    lln_joint joint;
    double x, y; /* a solution */
} joint_case;

/* sigma_q = sigma_k = 1; a = e, b = e^0.2. */
static inline void open_case(joint_case *c)
{
    double excess;
    *c = (joint_case){
        .head = drawn_head(90, 90, 5, 1.2, false), .x = 1, .y = 0.2};
    c->problem = (lln_match_problem){.head = &c->head,
                                     .options = &lln_match_defaults,
                                     .sigma_q = 1,
                                     .sigma_k = 1,
                                     .variance = 1};
    c->joint = (lln_joint){.problem = &c->problem, .wide = c->head};
    c->joint.rows = lln_array_alloc(90, sizeof *c->joint.rows);
    expect_ok(lln_joint_measure(&c->joint, &c->head, NULL, 90, c->x, c->y,
                                &excess, &c->joint.target));
    c->problem.variance = exp(excess);
}

static inline void close_case(joint_case *c)
{
    lln_head_free(&c->head);
    free(c->joint.rows);
}

#endif
