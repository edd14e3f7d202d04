/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What all cases of a run have in common, and how it is opened. */
#ifndef LLN_TOOLS_CASE_SET_H
#define LLN_TOOLS_CASE_SET_H

#include "heads/kernel_arrays.h"
#include "match/layer.h"
#include "params.h"
#include "plan.h"
#include "selection.h"

/* Comparisons of heads that were measured together, see case_group.h. */
typedef struct case_group case_group;
typedef struct {
    case_group *first;
} case_group_list;

typedef struct {
    const run_plan *plan;
    record_type measured; /* record of a case */
    unsigned passes;      /* passes that must be computed; set by the run */
    lln_number_list taus;
    kernel_list kernels;   /* one entry without a kernel if the plan measures
                              heads */
    kernel_list reference; /* one, or none */
    params *params;        /* NULL: none */
    lln_kernel_arrays *arrays;   /* of kernels; NULL: none */
    size_t draws;                /* of random kernels, for each head; >= 1 */
    lln_layer_spreads **spreads; /* [taus.count]; NULL: not needed */
    lln_heads heads;
    lln_heads others; /* heads to compare with, not owned: `heads` before some
                         were left out; count 0: none */
    case_group_list *groups; /* [kernels.count]; NULL: the plan measures no
                                groups */
    lln_heads weights; /* attention weights of the same heads; count 0: none */
    bool averaged; /* trials of a model are averaged: they have no number in the
                      table */
} case_set;

/* Fills a zeroed set with the temperatures and kernels that the shared options
 * choose for the plan. The plan must outlive the set. Ends the process on bad
 * usage. */
void case_set_choose(case_set *set, const run_plan *plan);

/* Opens everything that the cases need: heads, arrays, --params and threads.
 * Call it after the output is open: it checks that the output replaces no
 * input. Ends the process on bad usage and on failure. */
void case_set_open(case_set *set);

/* The first measures, at each temperature, what some kernels need to know of
 * all heads together (scales=layer); it does nothing without such a kernel. The
 * second frees it. case_set_open and case_set_close call them, except for
 * --plan. Ends the process on failure. */
void case_set_open_spreads(case_set *set);
void case_set_close_spreads(case_set *set);

/* Releases what the set holds. */
void case_set_close(case_set *set);

/* Whether the results of an open set depend on --seed: heads, rows or kernels
 * are drawn. */
bool case_set_is_seeded(const case_set *set);

/* The number of draws that are averaged in the block of this kernel. */
size_t case_draws(const case_set *set, size_t kernel);

#endif
