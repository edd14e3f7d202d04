/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax with a temperature: P = softmax(s/tau). */
#include "kernel/dense/softmax.h"

static lln_status tempscale_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    double tau;
    LLN_TRY(lln_kernel_real(choice, "tau", 1e-6, 1e6, &tau));
    lln_head scaled = *head;
    scaled.scale /= tau;
    return lln_softmax_open(choice, &scaled, attention);
}

const lln_kernel lln_kernel_tempscale = {
    .name = "tempscale",
    .summary = "softmax of the logits over tau; below 1 it sharpens",
    .reference = "Zhou et al. 2024",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE | LLN_KERNEL_CAUSAL | LLN_KERNEL_FULL,
    .parameters = {{"tau", "divides the logits", "1", false}},
    .open = tempscale_open,
};
