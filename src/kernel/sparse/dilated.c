/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax over every dilation-th key around the query. */
#include "kernel/logits.h"
#include "kernel/row_math.h"
#include "kernel/sparse/sparse.h"

typedef struct {
    size_t reach, dilation;
    lln_logit_rule rule;
} dilated;

/* The first of the query's keys that is at or after query->first. */
static size_t first_key(const dilated *state, const lln_sparse_query *query)
{
    size_t back = (query->position - query->first) / state->dilation;
    back = back < state->reach ? back : state->reach;
    return query->position - back * state->dilation;
}

static void make(const void *context, const lln_sparse_query *query,
                 lln_sparse_row *out)
{
    const dilated *state = context;
    size_t d = query->d,
           most = query->position + state->reach * state->dilation;
    for (size_t j = first_key(state, query); j < query->end && j <= most;
         j += state->dilation) {
        out->keys[out->count] = (uint32_t)j;
        out->values[out->count++] = lln_logits_one(
            &state->rule,
            &(lln_logit_place){query->n, query->m, NULL, query->i, j}, query->q,
            1, query->k + j * d, d);
    }
    lln_row_softmax(out->values, out->count);
}

static lln_status dilated_open(const lln_kernel_choice *choice,
                               const lln_head *head, lln_attention *attention)
{
    dilated state = {.rule = head->rule};
    lln_head around = *head; /* queries need a position among the keys */
    around.rule.mask.window = 1;
    lln_sparse_kernel kernel = {
        .choice = choice, .head = head, .state = &state, .make = make};
    LLN_TRY(lln_kernel_check_mask(choice, &around));
    LLN_TRY(lln_kernel_count(choice, "reach", &state.reach));
    LLN_TRY(lln_kernel_count(choice, "dilation", &state.dilation));
    /* Largest number of keys on one side. */
    size_t side = (head->k.rows - 1) / state.dilation;
    side = side < state.reach ? side : state.reach;
    kernel.most =
        side + 1 + (lln_mask_is_triangular(head->rule.mask) ? 0 : side);
    kernel.expect = kernel.most;
    return lln_sparse_open(&kernel, attention);
}

const lln_kernel lln_kernel_dilated = {
    .name = "dilated",
    .summary = "softmax over up to reach keys on each side whose distances "
               "are multiples of dilation",
    .reference = "Beltagy, Peters, Cohan 2020",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS,
    .parameters = {{"reach",
                    "keys on each side, or before the query if causal",
                    "256",
                    {0, UINT32_MAX, true}},
                   {"dilation",
                    "tokens from one key to the next",
                    "2",
                    {1, UINT32_MAX, true}}},
    .open = dilated_open,
};
