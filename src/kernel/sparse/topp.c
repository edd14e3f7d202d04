/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Top-p attention: softmax over the fewest keys, largest first, that have
 * together the fraction p of the softmax of the row. */
#include <stdbool.h>
#include <string.h>

#include "kernel/row_math.h"
#include "kernel/sparse/sparse.h"

/* Rounding of the sum of a row must not decide: of n equal logits, with p n a
 * whole number, p n keys are kept. */
static const double SLACK = 1e-12;

/* Whether key a comes before key b in the order of weights. */
static bool before(const double *x, uint32_t a, uint32_t b)
{
    double difference = x[a] - x[b];
    return difference != 0 ? difference > 0 : a < b;
}

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t key = *a;
    *a = *b;
    *b = key;
}

/* Moves the median of the first, the middle and the last key to the end. */
static void choose_pivot(const double *x, uint32_t *keys, size_t count)
{
    uint32_t *middle = keys + count / 2, *last = keys + count - 1;
    if (before(x, *middle, *keys))
        swap(middle, keys);
    if (before(x, *last, *middle))
        swap(last, middle);
    if (before(x, *middle, *keys))
        swap(middle, keys);
    swap(middle, last);
}

/* Reorders keys [count] so that those before a pivot come first, then the
 * pivot. Returns its place; *sum = the weights of those before it. */
static size_t partition(const double *x, uint32_t *keys, size_t count,
                        double *sum)
{
    size_t place = 0;
    choose_pivot(x, keys, count);
    uint32_t pivot = keys[count - 1];
    *sum = 0;
    for (size_t j = 0; j + 1 < count; j++)
        if (before(x, keys[j], pivot)) {
            *sum += x[keys[j]];
            swap(&keys[j], &keys[place++]);
        }
    swap(&keys[place], &keys[count - 1]);
    return place;
}

/* keys [run] receives the keys that are kept, ascending; returns their number.
 * It is found as by quickselect, without sorting. At least one is kept. Weights
 * are overwritten. */
static size_t keep(double *weights, size_t run, double p, uint32_t *keys)
{
    size_t low = 0, high = run; /* the first to be left out is there */
    double wanted = (p - SLACK) * lln_row_sum(weights, run), sum;
    for (size_t j = 0; j < run; j++)
        keys[j] = (uint32_t)j;
    if (p == 1)
        return run;
    while (low < high && wanted > 0) {
        size_t place = low + partition(weights, keys + low, high - low, &sum);
        if (sum >= wanted) {
            high = place;
        } else {
            wanted -= sum + weights[keys[place]];
            low = place + 1;
        }
    }
    for (size_t e = 0; e < low; e++)
        weights[keys[e]] = -1; /* a mark, to list them in order */
    for (size_t j = 0, e = 0; e < low; j++)
        if (weights[j] < 0)
            keys[e++] = (uint32_t)j;
    return low;
}

static void make(const void *context, const lln_sparse_query *query,
                 lln_sparse_row *out)
{
    const double *p = context;
    size_t run = query->end - query->first;
    memcpy(query->scratch, query->logits, run * sizeof *query->scratch);
    lln_row_softmax(query->scratch, run);
    out->count = keep(query->scratch, run, *p, out->keys);
    for (size_t e = 0; e < out->count; e++) {
        out->values[e] = query->logits[out->keys[e]];
        out->keys[e] += (uint32_t)query->first;
    }
    lln_row_softmax(out->values, out->count);
}

static lln_status topp_open(const lln_kernel_choice *choice,
                            const lln_head *head, lln_attention *attention)
{
    double p;
    lln_sparse_kernel kernel = {.choice = choice,
                                .head = head,
                                .most = head->k.rows,
                                .expect = 64,
                                .logits = true,
                                .state = &p,
                                .make = make};
    LLN_TRY(lln_kernel_real(choice, "p", &p));
    return lln_sparse_open(&kernel, attention);
}

const lln_kernel lln_kernel_topp = {
    .name = "topp",
    .summary = "softmax over the fewest keys that hold the fraction p of "
               "softmax; of equal logits, the first",
    .reference = "Lin et al. 2025",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS,
    .parameters = {{"p", "fraction; 1 keeps all keys", "0.9", {1e-6, 1}}},
    .open = topp_open,
};
