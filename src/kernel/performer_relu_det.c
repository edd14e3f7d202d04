/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/performer_relu.h"

static lln_status relu_open(const lln_kernel_choice *choice,
                            const lln_head *head, lln_attention *attention)
{
    return lln_performer_relu_open(choice, head, LLN_PERFORMER_DETERMINISTIC,
                                   attention);
}

const lln_kernel lln_kernel_performer_relu_det = {
    .name = "performer-relu-det",
    .summary = "features max(x, 0) + eps",
    .reference = "Choromanski et al. 2021, default of the JAX code",
    .rank = "d",
    .properties =
        LLN_KERNEL_SUMS_BY_DEFAULT | LLN_KERNEL_CAUSAL | LLN_KERNEL_FULL,
    .parameters = {{"eps", "is added to each feature", "1e-3", false}},
    .open = relu_open,
};
