/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What all cases of a run have in common, and how it is opened. */
#ifndef LLN_TOOLS_CASE_SET_H
#define LLN_TOOLS_CASE_SET_H

#include "heads/kernel_arrays.h"
#include "match/joint.h"
#include "params.h"
#include "plan.h"
#include "selection.h"

typedef struct {
    const run_plan *plan;
    record_type measured; /* of a case */
    unsigned passes;      /* what must be computed; set by the run */
    lln_number_list taus;
    kernel_list kernels;       /* if the plan measures heads: one entry, of no
                                  kernel */
    kernel_list reference;     /* one, or none */
    params *params;            /* NULL: none */
    lln_kernel_arrays *arrays; /* that kernels take; NULL: none */
    size_t draws;              /* of random kernels, for each head; >= 1 */
    lln_joint **joints;        /* [taus.count]; NULL: not needed */
    lln_heads heads;
    bool averaged; /* trials of a model, which have no number in the table */
} case_set;

/* Fills a zeroed set with what the shared options choose for the plan, which
 * outlives it: temperatures and kernels. Ends the process on bad usage. */
void case_set_choose(case_set *set, const run_plan *plan);

/* Opens all that the cases need, after the output: heads, arrays and --params,
 * none of which the output may replace, and threads. Ends the process on bad
 * usage and on failure. */
void case_set_open(case_set *set);

/* Looks at all heads of a set, at each temperature, if a kernel needs to know
 * them together; and forgets what was found. case_set_open and case_set_close
 * do so, but for --plan. Ends the process on failure. */
void case_set_open_joints(case_set *set);
void case_set_close_joints(case_set *set);

/* Releases what the set holds. */
void case_set_close(case_set *set);

/* Whether --seed decides the numbers of an open set: heads, rows or kernels are
 * drawn. */
bool case_set_is_seeded(const case_set *set);

/* How many draws are averaged in the block of this kernel. */
size_t case_draws(const case_set *set, size_t kernel);

#endif
