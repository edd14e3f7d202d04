/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The cases of a run: a head at a temperature, measured with every kernel. */
#ifndef LLN_TOOLS_CASES_H
#define LLN_TOOLS_CASES_H

#include "case_set.h"
#include "identity.h"
#include "model.h"
#include "warnings.h"

/* What one case yields. Zeroed: nothing yet. */
typedef struct {
    row_identity identity;  /* of one trial; the kernel is not set */
    run_block *blocks;      /* [kernels.count], owned */
    model_cache cache;      /* for the next case in this place */
    case_warning *warnings; /* for warnings_count; NULL: none */
} case_result;

/* What identifies a head of the set, which need not have its numbers. */
row_identity case_identify(const case_set *set, const lln_head *head,
                           double tau);

/* Makes room for the blocks. Ends the process when out of memory. */
void case_result_open(const case_set *set, case_result *result);
void case_result_close(const case_set *set, case_result *result);

/* Measures head `index` at temperature tau (NaN: its own). Several threads may
 * be at it, each with a result of its own. A head that cannot be given the
 * temperature, and one that a kernel cannot do, is no failure: what is not
 * known is missing, and a warning says why. LLN_EINTERRUPTED: the user wants to
 * stop. */
LLN_NODISCARD lln_status case_measure(const case_set *set, size_t index,
                                      double tau, case_result *result);

#endif
