/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax within a window of `reach` keys on each side, inside the head's own
 * window if it has one. */
#include "kernel/dense/local.h"
#include "kernel/dense/softmax.h"

static lln_status window_open(const lln_kernel_choice *choice,
                              const lln_head *head, lln_attention *attention)
{
    size_t reach;
    LLN_TRY(lln_kernel_count(choice, "reach", &reach));
    lln_head narrow = *head;
    narrow.rule.mask = lln_local_narrow(head->rule.mask, reach);
    return lln_softmax_open(choice, &narrow, attention);
}

const lln_kernel lln_kernel_window = {
    .name = "window",
    .summary = "softmax over the keys at most reach tokens away",
    .reference = "Beltagy, Peters, Cohan 2020",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE | LLN_KERNEL_PAIRS,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS |
               LLN_HONOURS_SINK,
    .parameters = {{"reach",
                    "keys on each side, or before the query if causal",
                    "256",
                    {0, LLN_MOST_TOKENS, true}}},
    .open = window_open,
};
