/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax over the first tokens ("sinks") and a window. */
#include "kernel/dense/local.h"

static lln_status streaming_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    size_t sinks, reach;
    lln_head narrow = *head;
    LLN_TRY(lln_kernel_count(choice, "sinks", &sinks));
    LLN_TRY(lln_kernel_count(choice, "reach", &reach));
    narrow.rule.mask = lln_local_narrow(head->rule.mask, reach);
    return lln_local_open_sinks(choice, &narrow, sinks, head->rule.mask,
                                attention);
}

const lln_kernel lln_kernel_streaming = {
    .name = "streaming",
    .summary = "softmax over the first keys and those at most reach tokens "
               "away",
    .reference = "Xiao et al. 2023",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS |
               LLN_HONOURS_SINK,
    .parameters = {{"sinks",
                    "first keys, which every query sees",
                    "4",
                    {0, LLN_MOST_TOKENS, true}},
                   {"reach",
                    "keys on each side, or before the query if causal",
                    "256",
                    {0, LLN_MOST_TOKENS, true}}},
    .open = streaming_open,
};
