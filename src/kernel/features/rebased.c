/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scores s^2. The published model normalises queries and keys first; that is
 * left to the caller. */
#include "kernel/features/polynomial.h"

static lln_status rebased_open(const lln_kernel_choice *choice,
                               const lln_head *head, lln_attention *attention)
{
    return lln_polynomial_open(
        choice, head, &(lln_polynomial){0, 0, 1, head->rule}, attention);
}

const lln_kernel lln_kernel_rebased = {
    .name = "rebased",
    .summary = "s^2 with s = scale q.k",
    .reference = "Aksenov et al. 2024",
    .rank = "d (d + 1)/2",
    .properties = LLN_KERNEL_NORM_FREE,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .parameters = {{"eps", "added to the sum of a row", "1e-6", {0, 1}}},
    .open = rebased_open,
};
