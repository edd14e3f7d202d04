/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The cases of a run: one head at one temperature, measured with every
 * kernel. */
#ifndef LLN_TOOLS_CASES_H
#define LLN_TOOLS_CASES_H

#include "case_set.h"
#include "model.h"
#include "open_case.h"
#include "warnings.h"

/* The result of one case. Zeroed: nothing yet. */
typedef struct {
    row_identity identity;  /* of one trial; the kernel is not set */
    run_block *blocks;      /* [kernels.count], owned */
    model_cache cache;      /* for the next case with this result */
    case_warning *warnings; /* for warnings_count; NULL: none */
} case_result;

/* Allocates the blocks. Ends the process when out of memory. */
void case_result_open(const case_set *set, case_result *result);
void case_result_close(const case_set *set, case_result *result);

/* Measures head `index` at temperature tau (NaN: its own temperature). Several
 * threads may call it, each with its own result. If a head cannot be given the
 * temperature, or a kernel cannot be applied to it, this is not an error: the
 * values are missing, and a warning says why. LLN_EINTERRUPTED: a signal asked
 * the command to stop. */
LLN_NODISCARD lln_status case_measure(const case_set *set, size_t index,
                                      double tau, case_result *result);

#endif
