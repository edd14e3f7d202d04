/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a model is trained on: examples drawn in batches, and held-out examples
 * that no batch contains. A task owns its data; it is read-only after it was
 * opened and may be used from several threads. */
#ifndef LLN_TRAIN_TASK_H
#define LLN_TRAIN_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* What the model must fit. */
typedef struct {
    size_t tokens;     /* positions of an example */
    size_t input_size; /* numbers at each position, such as the pixels of a
                          patch; 0: positions hold token numbers */
    size_t vocabulary; /* token numbers are below it; 0 with input_size > 0 */
    size_t classes;    /* answers are below it */
    bool per_token;    /* an answer at some positions; otherwise one for each
                          example, from the mean over positions */
    bool causal;
    double mean, deviation; /* inputs are (x - mean) / deviation; 0: they were
                               not standardised */
} lln_task_shape;

/* A batch. The caller owns the arrays, see lln_examples_alloc. */
typedef struct {
    size_t count;     /* examples */
    float *values;    /* [count x tokens x input_size], or NULL */
    int32_t *symbols; /* token numbers [count x tokens], or NULL */
    int32_t *answers; /* [count], or [count x tokens] with per_token, where -1
                         asks for no answer */
} lln_examples;

/* A zeroed struct is legal in lln_examples_free. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_examples_alloc(const lln_task_shape *shape,
                                            size_t count,
                                            lln_examples *examples);
void lln_examples_free(lln_examples *examples);

typedef struct lln_task lln_task;

struct lln_task {
    lln_task_shape shape;
    size_t train_count; /* training examples; 0: generated without end */
    size_t test_count;  /* held-out examples */

    /* Fills examples->count training examples: those of step `step`, from 0.
     * For stored examples, the order of each epoch is a permutation that
     * depends only on seed and epoch. */
    void (*batch)(const lln_task *task, uint64_t seed, size_t step,
                  lln_examples *examples);

    /* Fills held-out examples first .. first + examples->count - 1. They depend
     * on the task alone, not on the seed of a run. */
    void (*test)(const lln_task *task, size_t first, lln_examples *examples);

    void *state;
    void (*close)(lln_task *task);
};

void lln_task_close(lln_task *task); /* A zeroed task is legal. */

#endif
