/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Taylor polynomial of exp(s) of degree 2: 1 + s + s^2/2, which is at least
 * 1/2. */
#include "kernel/features/polynomial.h"

static lln_status taylor2_open(const lln_kernel_choice *choice,
                               const lln_head *head, lln_attention *attention)
{
    return lln_polynomial_open(
        choice, head, &(lln_polynomial){1, 1, 0.5, head->rule}, attention);
}

const lln_kernel lln_kernel_taylor2 = {
    .name = "taylor2",
    .summary = "1 + s + s^2/2 with s = scale q.k",
    .reference = "Arora et al. 2024 (Based)",
    .rank = "(d + 1)(d + 2)/2",
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .parameters = {{"eps", "added to the sum of a row", "1e-6", {0, 1}}},
    .open = taylor2_open,
};
