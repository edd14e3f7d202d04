/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * k-NN attention: softmax over the k largest logits of a row. */
#include "kernel/row_math.h"
#include "kernel/sparse/sparse.h"
#include "kernel/sparse/top_keys.h"

static void make(const void *context, const lln_sparse_query *query,
                 lln_sparse_row *out)
{
    const size_t *k = context;
    size_t run = query->end - query->first;
    out->count = *k < run ? *k : run;
    lln_top_keys(query->logits, run, out->count, out->keys);
    for (size_t e = 0; e < out->count; e++) {
        out->values[e] = query->logits[out->keys[e]];
        out->keys[e] += (uint32_t)query->first;
    }
    lln_row_softmax(out->values, out->count);
}

static lln_status kvt_open(const lln_kernel_choice *choice,
                           const lln_head *head, lln_attention *attention)
{
    lln_sparse_kernel kernel = {
        .choice = choice, .head = head, .logits = true, .make = make};
    size_t k;
    LLN_TRY(lln_kernel_count(choice, "k", &k));
    kernel.state = &k;
    kernel.most = kernel.expect = k < head->k.rows ? k : head->k.rows;
    return lln_sparse_open(&kernel, attention);
}

const lln_kernel lln_kernel_kvt = {
    .name = "kvt",
    .summary = "softmax over the k keys with the largest logits; of equal "
               "logits, the first",
    .reference = "Wang et al. 2022",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS,
    .parameters = {{"k", "keys kept in a row", "100", {1, UINT32_MAX, true}}},
    .open = kvt_open,
};
