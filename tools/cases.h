/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The cases of a run: a head at a temperature, measured with every kernel. */
#ifndef LLN_TOOLS_CASES_H
#define LLN_TOOLS_CASES_H

#include "inputs.h"
#include "match/joint.h"
#include "params.h"
#include "rows.h"
#include "run.h"
#include "selection.h"

/* What all cases of a run have in common. */
typedef struct {
    const run_plan *plan;
    const lln_column *measured; /* of a case, [columns] */
    size_t columns;
    kernel_list kernels;       /* of a plain plan: one entry, of no kernel */
    kernel_list reference;     /* one, or none */
    params *params;            /* NULL: none */
    lln_kernel_arrays *extras; /* arrays that kernels take; NULL: none */
    size_t draws;              /* of random kernels, for each head; >= 1 */
    lln_joint **joints;        /* [number_list.count]; NULL: not needed */
    const number_list *taus;
    lln_heads heads;
    bool averaged; /* trials of a model, which have no number in the table */
} case_set;

/* What one case yields. Zeroed: nothing yet. */
typedef struct {
    row_identity identity; /* of one trial; the kernel is not set */
    run_block *blocks;     /* [kernels.count], owned */
    char *warnings;        /* kept back, for cli_give_warnings; NULL: none */
} case_result;

/* Opens what the kernels of a set take, and says how often random ones are
 * drawn. Ends the process if a plan or --each has no use for averages. */
void case_inputs_open(case_set *set);

/* Looks at all heads, at each temperature, if a kernel wants to know them
 * together; after the heads have been opened. */
void case_joints_open(case_set *set, const number_list *taus);

/* Releases what the set holds. */
void case_set_close(case_set *set);

/* How many draws are averaged in the block of this kernel. */
size_t case_draws(const case_set *set, size_t kernel);

/* Makes room for the blocks. Ends the process when out of memory. */
void case_result_open(const case_set *set, case_result *result);
void case_result_close(const case_set *set, case_result *result);

/* Measures head `index` at temperature tau (NaN: its own). Several threads may
 * be at it, each with a result of its own. A head without alpha and beta is
 * no failure but a warning. LLN_EINTERRUPTED: the user wants to stop. */
LLN_NODISCARD lln_status case_measure(const case_set *set, size_t index,
                                      double tau, case_result *result);

#endif
