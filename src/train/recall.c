/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/recall.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/random.h"
#include "core/text.h"

/* Streams of random numbers of one example. Those of held-out examples have the
 * highest bit set, those of training examples have not. */
#define HELD_OUT (UINT64_C(1) << 63)

enum { PAIRS = 16 }; /* by default at most */

enum { KEYS, VALUES, TURNS }; /* numbers of permutations, see draw_example */

/* One example: symbols and answers [tokens]. */
static void draw_example(const lln_recall_options *o, uint64_t stream,
                         int32_t *symbols, int32_t *answers)
{
    size_t kinds = o->vocabulary / 2, asked = 2 * o->pairs;
    uint64_t keys = lln_random_number(stream, KEYS),
             values = lln_random_number(stream, VALUES);
    for (size_t i = 0; i < o->pairs; i++) {
        symbols[2 * i] = (int32_t)lln_random_permuted(keys, kinds, i);
        symbols[2 * i + 1] =
            (int32_t)(kinds + lln_random_permuted(values, kinds, i));
        answers[2 * i] = answers[2 * i + 1] = -1;
    }
    for (size_t i = 0; i < o->tokens - asked; i++) {
        uint64_t turn = lln_random_number(stream, TURNS + i / o->pairs);
        size_t pair = lln_random_permuted(turn, o->pairs, i % o->pairs);
        symbols[asked + i] = symbols[2 * pair];
        answers[asked + i] = symbols[2 * pair + 1] - (int32_t)kinds;
    }
}

static void draw_batch(const lln_task *task, uint64_t seed, size_t step,
                       lln_examples *examples)
{
    uint64_t batch = lln_random_number(seed, step);
    size_t tokens = task->shape.tokens;
    for (size_t i = 0; i < examples->count; i++)
        draw_example(task->state, lln_random_number(batch, i) & ~HELD_OUT,
                     examples->symbols + i * tokens,
                     examples->answers + i * tokens);
}

static void draw_test(const lln_task *task, size_t first,
                      lln_examples *examples)
{
    size_t tokens = task->shape.tokens;
    for (size_t i = 0; i < examples->count; i++)
        draw_example(task->state, lln_random_number(0, first + i) | HELD_OUT,
                     examples->symbols + i * tokens,
                     examples->answers + i * tokens);
}

static void close_recall(lln_task *task)
{
    free(task->state);
}

static lln_status check_options(const lln_recall_options *o)
{
    if (o->vocabulary % 2 != 0 || o->vocabulary < 4 ||
        o->vocabulary > LLN_RECALL_VOCABULARY)
        return lln_fail(LLN_EINVAL,
                        "recall: vocabulary %zu; expected an even number "
                        "from 4 to %d",
                        o->vocabulary, LLN_RECALL_VOCABULARY);
    if (o->pairs == 0 || o->pairs > (o->tokens - 1) / 2)
        return lln_fail(LLN_EINVAL,
                        "recall: %zu pairs in %zu token%s; expected 1 to %zu, "
                        "so that tokens are left to answer",
                        o->pairs, o->tokens, lln_text_plural(o->tokens),
                        (o->tokens - 1) / 2);
    if (o->pairs <= o->vocabulary / 2)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "recall: %zu pairs, but a vocabulary of %zu has only %zu "
                    "keys",
                    o->pairs, o->vocabulary, o->vocabulary / 2);
}

size_t lln_recall_pairs(size_t tokens)
{
    size_t quarter = tokens < 4 ? 1 : tokens / 4;
    return lln_size_smaller(quarter, PAIRS);
}

lln_status lln_recall_open(const lln_recall_options *options, lln_task *task)
{
    const lln_recall_options o = *options;
    *task = (lln_task){.state = NULL};
    if (o.tokens < 4)
        return lln_fail(LLN_EINVAL, "recall: %zu token%s; expected at least 4",
                        o.tokens, lln_text_plural(o.tokens));
    LLN_TRY(check_options(&o));
    lln_recall_options *state = lln_array_alloc(1, sizeof *state);
    if (!state)
        return LLN_ENOMEM;
    *state = o;
    *task = (lln_task){.shape = {.tokens = o.tokens,
                                 .vocabulary = o.vocabulary,
                                 .classes = o.vocabulary / 2,
                                 .per_token = true,
                                 .causal = true},
                       .test_count = o.test_count,
                       .batch = draw_batch,
                       .test = draw_test,
                       .state = state,
                       .close = close_recall};
    return LLN_OK;
}
