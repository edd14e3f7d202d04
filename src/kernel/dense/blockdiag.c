/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax within blocks of tokens. As in the published code, a block has d
 * tokens by default. */
#include "kernel/dense/softmax.h"

static lln_status blockdiag_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    lln_head blocked = *head;
    LLN_TRY(lln_kernel_count_or(choice, "block", head->q.columns,
                                &blocked.rule.mask.block));
    return lln_softmax_open(choice, &blocked, attention);
}

const lln_kernel lln_kernel_blockdiag = {
    .name = "blockdiag",
    .summary = "softmax within blocks of tokens; the last block may be smaller",
    .reference = "Nahshan, Kampeas, Haleva 2024",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE | LLN_KERNEL_PAIRS,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS |
               LLN_HONOURS_SINK,
    .parameters = {{"block",
                    "tokens in a block (default: d)",
                    NULL,
                    {1, LLN_MOST_TOKENS, true}}},
    .open = blockdiag_open,
};
