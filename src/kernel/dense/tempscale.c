/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax of the logits divided by a constant: P = softmax(s/divisor). */
#include "kernel/dense/softmax.h"

static lln_status tempscale_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    double divisor;
    LLN_TRY(lln_kernel_real(choice, "divisor", &divisor));
    lln_head scaled = *head;
    scaled.rule.scale /= divisor;
    return lln_softmax_open(choice, &scaled, attention);
}

const lln_kernel lln_kernel_tempscale = {
    .name = "tempscale",
    .summary = "softmax(s/divisor) of the logits s; a divisor below 1 sharpens",
    .reference = "Zhou et al. 2024",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE | LLN_KERNEL_PAIRS,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE,
    .parameters = {{"divisor", "divides the logits", "1", {1e-6, 1e6}}},
    .open = tempscale_open,
};
