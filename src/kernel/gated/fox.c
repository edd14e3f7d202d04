/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Forgetting attention: softmax of s_ij + G_i - G_j, where G_i is the sum of ln
 * logistic(gate) up to token i. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/arrays.h"
#include "kernel/dense/local.h"
#include "kernel/gated/gated.h"

/* Adds g to high + low, which keeps what the sum in float64 loses (Knuth's
 * TwoSum). */
static void add_exactly(double g, double *high, double *low)
{
    double sum = *high + g, part = sum - *high;
    *low += (*high - (sum - part)) + (g - part);
    *high = sum;
}

/* decay [2 x n]: G as high and low parts; `constant` is ln gate without an
 * array. */
static void sum_gates(lln_matrix gates, double constant, size_t n,
                      double *decay)
{
    double high = 0, low = 0;
    for (size_t i = 0; i < n; i++) {
        double g = gates.data
                       ? lln_log_logistic(lln_matrix_get(
                             gates, i / gates.columns, i % gates.columns))
                       : constant;
        add_exactly(g, &high, &low);
        decay[i] = high;
        decay[n + i] = low;
    }
}

static lln_status fox_open(const lln_kernel_choice *choice,
                           const lln_head *head, lln_attention *attention)
{
    size_t n = head->q.rows;
    double span;
    lln_matrix gates;
    LLN_TRY(lln_gated_check(choice, head));
    LLN_TRY(lln_kernel_real(choice, "span", &span));
    LLN_TRY(lln_kernel_array_values(choice, "gate", &gates));
    double *decay = lln_array_alloc_raw(2 * n, sizeof *decay);
    if (!decay)
        return LLN_ENOMEM;
    sum_gates(gates, log1p(-1 / span), n, decay);
    lln_status status = lln_local_open(choice, head, attention);
    if (status != LLN_OK) {
        free(decay);
        return status;
    }
    lln_local_set_decay(attention, decay);
    if (!lln_local_worth(head)) { /* these would take n x m work or memory */
        attention->product = attention->transposed = NULL;
        attention->diagonal = NULL;
        attention->unbiased_norm = NULL;
    }
    return LLN_OK;
}

const lln_kernel lln_kernel_fox = {
    .name = "fox",
    .summary = "softmax that forgets: ln of the gates of the tokens after the "
               "key, up to the query, is added to logits",
    .reference = "Lin et al. 2025 (FoX)",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE,
    .honours = LLN_HONOURS_CAUSAL | LLN_HONOURS_WINDOW | LLN_HONOURS_SCALE |
               LLN_HONOURS_LOGITS | LLN_HONOURS_SINK,
    .arrays = {{.name = "gate",
                .shapes = {{"n", "1"}, {"1", "n"}},
                .unit = "logits of the gates",
                .finite = true}},
    .parameters = {{"span",
                    "constant gate 1 - 1/span, if no array is given",
                    "64",
                    {1.001, 1e12}}},
    .open = fox_open,
};
