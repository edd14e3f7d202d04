/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention weights of a file: P by rows, each read when it is needed. A row
 * whose sum is 1 except for rounding (lln_stored_sums_to_one) is divided by its
 * sum. Other rows are not changed, and P is then unnormalised. */

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "heads/stored.h"
#include "kernel/parameters.h"

typedef struct {
    const lln_stored *stored;
    double *sums; /* [n] of the rows that were made */
} stored_state;

static void close_stored(lln_attention *attention)
{
    stored_state *state = attention->state;
    free(state->sums);
    free(state);
}

static lln_status make_rows(const lln_attention *attention, size_t first,
                            size_t count, double *out)
{
    const stored_state *state = attention->state;
    size_t m = attention->m;
    LLN_TRY(lln_stored_rows(state->stored, first, count, out));
    for (size_t i = 0; i < count; i++, out += m) {
        double sum = lln_stored_sum(out, m);
#pragma omp atomic write
        state->sums[first + i] = sum;
        if (!lln_stored_sums_to_one(state->stored, out, sum))
            continue;
        for (size_t j = 0; j < m; j++)
            out[j] /= sum;
    }
    return LLN_OK;
}

static lln_status open_stored(const lln_kernel_choice *choice,
                              const lln_head *head, lln_attention *attention)
{
    const lln_stored *stored = head->stored;
    if (!stored)
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': the head has queries and "
                        "keys, not attention weights",
                        choice->text);
    stored_state *state = lln_array_alloc(1, sizeof *state);
    double *sums = lln_array_alloc(stored->n, sizeof *sums);
    if (!state || !sums) {
        free(state);
        free(sums);
        return LLN_ENOMEM;
    }
    *state = (stored_state){stored, sums};
    *attention = (lln_attention){
        .kind = LLN_ATTENTION_ROWS,
        .n = stored->n,
        .m = stored->m,
        .unnormalised = stored->survey.stray > 0,
        .mask = {.causal = stored->survey.causal},
        .precision = LLN_FLOAT64,
        .rows = {.make = make_rows, .sums = sums},
        .state = state,
        .close = close_stored,
    };
    return LLN_OK;
}

/* Not in the list of kernels: no user chooses it. */
const lln_kernel lln_kernel_attention = {
    .name = "attention",
    .summary = "attention weights of a file",
    .reference = "none",
    .rank = "full",
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS |
               LLN_HONOURS_SINK,
    .open = open_stored,
};
