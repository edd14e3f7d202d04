/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/performer_relu.h"

static lln_status relu_open(const lln_kernel_choice *choice,
                            const lln_head *head, lln_attention *attention)
{
    return lln_performer_relu_open(choice, head, LLN_PERFORMER_PROJECTED,
                                   attention);
}

const lln_kernel lln_kernel_performer_relu_proj = {
    .name = "performer-relu-proj",
    .summary = "features max(sqrt(scale) W x, 0) + eps, W random",
    .reference = "Choromanski et al. 2021, in PyTorch by P. Wang",
    .rank = "features",
    .properties = LLN_KERNEL_SUMS_BY_DEFAULT | LLN_KERNEL_CAUSAL |
                  LLN_KERNEL_FULL | LLN_KERNEL_RANDOM,
    .inputs = "w [features x d], in place of the random matrix",
    .parameters = {{"features", "rows of the random matrix", "256", false},
                   {"eps", "is added to each feature", "1e-3", false}},
    .open = relu_open,
};
