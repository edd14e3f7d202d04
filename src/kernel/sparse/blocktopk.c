/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax over k blocks of keys, chosen for each query by a score of the
 * block. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/logits.h"
#include "kernel/row_math.h"
#include "kernel/sparse/sparse.h"
#include "kernel/sparse/top_keys.h"

/* The score of a block B for the query q with logits s. */
enum { MEAN, MINMAX, MAX, MASS };
static const char *const SCORES[] = {"mean", "minmax", "max", "mass", NULL};

static const char *const NO_YES[] = {"no", "yes", NULL};

typedef struct {
    size_t block, k, score, own, d;
    lln_logit_rule rule;
    size_t entries; /* most entries of a row */
    /* Of the keys of each block, [blocks x d]: their mean; or the least and the
     * largest of each feature. */
    double *low, *high;
} blocktopk;

/* low = mean or least, high = largest of the features of k [count x d]; high is
 * NULL for the mean. */
static void survey(const double *k, size_t count, size_t d, double *low,
                   double *high)
{
    for (size_t l = 0; l < d; l++) {
        double sum = 0, least = INFINITY, most = -INFINITY;
        for (size_t j = 0; j < count; j++) {
            sum += k[j * d + l];
            least = fmin(least, k[j * d + l]);
            most = fmax(most, k[j * d + l]);
        }
        low[l] = high ? least : sum / (double)count;
        if (high)
            high[l] = most;
    }
}

/* q.mean, or sum_l max(q_l least_l, q_l most_l), which no q.k_j exceeds. */
static double score_summary(const double *q, const double *low,
                            const double *high, size_t d)
{
    double sum = 0;
    if (!high)
        return lln_row_dot(q, low, d);
    for (size_t l = 0; l < d; l++)
        sum += fmax(q[l] * low[l], q[l] * high[l]);
    return sum;
}

/* max_B s, or ln sum_B exp(s). */
static double score_logits(const double *s, size_t count, size_t score)
{
    double max = lln_row_max(s, count), sum = 0;
    if (score == MAX || max == -INFINITY)
        return max;
    for (size_t j = 0; j < count; j++)
        sum += exp(s[j] - max);
    return max + log(sum);
}

/* The score of the block with the keys first .. end - 1, which all are seen. A
 * block that a causal mask cuts is surveyed anew, in the space that follows
 * the entries of the row. */
static double score_block(const blocktopk *state, const lln_sparse_query *query,
                          size_t number, size_t end, double *cut)
{
    size_t d = state->d, first = number * state->block;
    const double *low = state->low + number * d, *high = NULL;
    if (state->score == MAX || state->score == MASS)
        return score_logits(query->logits + first, end - first, state->score);
    if (state->score == MINMAX)
        high = state->high + number * d;
    if (end - first < lln_size_smaller(state->block, query->m - first)) {
        survey(query->k + first * d, end - first, d, cut,
               high ? cut + d : NULL);
        low = cut;
        high = high ? cut + d : NULL;
    }
    return score_summary(query->q, low, high, d);
}

/* Appends the keys first .. end - 1 with their logits. */
static void append(const blocktopk *state, const lln_sparse_query *query,
                   size_t first, size_t end, lln_sparse_row *out)
{
    size_t count = end - first, d = state->d;
    double *values = out->values + out->count;
    if (state->score == MEAN || state->score == MINMAX)
        lln_logits_rows(
            &state->rule,
            &(lln_logit_place){query->n, query->m, NULL, query->i, first},
            query->q, 1, query->k + first * d, count, d, count, values);
    for (size_t j = first; j < end; j++, out->count++) {
        out->keys[out->count] = (uint32_t)j;
        if (state->score == MAX || state->score == MASS)
            *values++ = query->logits[j];
    }
}

/* Without a mask a query sees all keys, and with a causal one those up to its
 * own: the first is always key 0. */
static void make(const void *context, const lln_sparse_query *query,
                 lln_sparse_row *out)
{
    const blocktopk *state = context;
    size_t b = state->block, blocks = (query->end + b - 1) / b;
    size_t own = query->position / b;
    size_t chosen = lln_size_smaller(state->k, blocks);
    double *scores = query->scratch;
    uint32_t *numbers = out->keys + state->entries;
    for (size_t c = 0; c < blocks; c++)
        scores[c] = state->own && c == own
                        ? INFINITY
                        : score_block(state, query, c,
                                      lln_size_smaller((c + 1) * b, query->end),
                                      out->values + state->entries);
    lln_top_keys(scores, blocks, chosen, numbers);
    for (size_t e = 0; e < chosen; e++) {
        size_t first = numbers[e] * b;
        append(state, query, first, lln_size_smaller(first + b, query->end),
               out);
    }
    lln_row_softmax(out->values, out->count);
}

/* Surveys the blocks. */
static lln_status prepare(const lln_head *head, size_t blocks, blocktopk *state)
{
    size_t m = head->k.rows, d = state->d, b = state->block;
    double *keys = lln_array_alloc_raw(m * d, sizeof *keys);
    state->low = lln_array_alloc(2 * blocks * d, sizeof *state->low);
    if (!keys || !state->low) {
        free(keys);
        return LLN_ENOMEM;
    }
    state->high = state->low + blocks * d;
    lln_matrix_convert(head->k, LLN_FLOAT64, keys);
    for (size_t c = 0; c < blocks; c++)
        survey(keys + c * b * d, lln_size_smaller(b, m - c * b), d,
               state->low + c * d,
               state->score == MINMAX ? state->high + c * d : NULL);
    free(keys);
    return LLN_OK;
}

static lln_status read_parameters(const lln_kernel_choice *choice,
                                  blocktopk *state)
{
    LLN_TRY(lln_kernel_count(choice, "block", &state->block));
    LLN_TRY(lln_kernel_count(choice, "k", &state->k));
    LLN_TRY(lln_kernel_word(choice, "score", &state->score));
    return lln_kernel_word(choice, "own", &state->own);
}

static lln_status blocktopk_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    size_t m = head->k.rows, d = head->q.columns;
    blocktopk state = {.rule = head->rule, .d = d};
    lln_head around = *head; /* queries need a position among the keys */
    around.rule.mask.window = 1;
    LLN_TRY(lln_kernel_check_mask(choice, &around));
    LLN_TRY(read_parameters(choice, &state));
    state.block = lln_size_smaller(state.block, m);
    size_t blocks = (m + state.block - 1) / state.block;
    state.k = lln_size_smaller(state.k, blocks);
    state.entries = lln_size_smaller(state.k * state.block, m);
    lln_sparse_kernel kernel = {
        .choice = choice,
        .head = head,
        .most = state.entries + lln_size_larger(state.k, 2 * d),
        .expect = state.entries,
        .logits = state.score == MAX || state.score == MASS,
        .state = &state,
        .make = make};
    lln_status status = prepare(head, blocks, &state);
    if (status == LLN_OK)
        status = lln_sparse_open(&kernel, attention);
    free(state.low);
    return status;
}

const lln_kernel lln_kernel_blocktopk = {
    .name = "blocktopk",
    .summary = "softmax over the block of the query and the k - 1 other blocks "
               "with the largest scores",
    .reference = "Lu et al. 2025",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE |
               LLN_HONOURS_LOGITS,
    .parameters =
        {{"block", "tokens in a block", "64", {1, UINT32_MAX, true}},
         {"k", "blocks kept in a row", "8", {1, UINT32_MAX, true}},
         {"score",
          "mean: q.(mean of the keys); minmax: an upper bound of q.k from the "
          "least and largest features; max: the largest logit; mass: ln of the "
          "sum of exp(logit)",
          "mean", .words = SCORES},
         {"own", "no: the query's own block needs a score, too", "yes",
          .words = NO_YES}},
    .open = blocktopk_open,
};
