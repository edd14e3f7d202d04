/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Multi-query associative recall (Arora et al., 2023, "Zoology: Measuring and
 * improving recall in efficient language models"): pairs of a key and its
 * value, then keys, each to be answered with its value.
 * Example with 10 tokens, 3 pairs and keys 0 .. 7, values 8 .. 15:
 *     tokens   5 12  0  9  3 15  0  3  5  0
 *     answers  -  -  -  -  -  -  1  7  4  1
 * An answer is the number of the value, counted from 0. It differs from the
 * published generator (HazyResearch/zoology, multiquery_ar.py) in one way:
 * there, every second position after the pairs may ask, each key asks once, and
 * random tokens fill the other positions. Here, each position asks, and the
 * keys ask in turn, in a new order each turn. */
#ifndef LLN_TRAIN_RECALL_H
#define LLN_TRAIN_RECALL_H

#include "train/task.h"

typedef struct {
    size_t tokens;
    size_t pairs;      /* keys with a value, see lln_recall_pairs */
    size_t vocabulary; /* the first half are keys, the second half values */
    size_t test_count; /* held-out examples */
} lln_recall_options;

/* The default number of pairs: a quarter of the tokens, at least 1 and at most
 * 16. Softmax recalls 16 pairs among 64 and among 128 tokens after a few
 * hundred steps of 64 examples; 32 pairs take far longer. */
size_t lln_recall_pairs(size_t tokens);

/* Opens the task: causal, an answer at each position after the pairs. The keys
 * of an example are drawn without replacement, and so are its values. A batch
 * depends on (seed, step) and its own count alone. The random numbers of
 * held-out examples are those of no batch of any seed.
 * Chance: vocabulary / 2 classes; a guess among the values of the example is
 * right once in `pairs`.
 * LLN_EINVAL: no position is left to answer, or the vocabulary is odd or has
 * fewer keys than pairs. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_recall_open(const lln_recall_options *options,
                                         lln_task *task);

/* The largest vocabulary. */
enum { LLN_RECALL_VOCABULARY = 1 << 16 };

#endif
