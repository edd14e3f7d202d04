/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The first layer: a linear map of the numbers at each position, or a row of a
 * table for each token number, plus a learned row for each position. */
#ifndef LLN_TRAIN_EMBEDDING_H
#define LLN_TRAIN_EMBEDDING_H

#include <stddef.h>

#include "core/matrix.h"
#include "train/linear.h"
#include "train/task.h"

/* Parameters, or their gradients. */
typedef struct {
    lln_precision precision;
    size_t tokens, width;
    size_t vocabulary; /* 0: numbers at each position, see map */
    lln_linear map;
    void *table;     /* [vocabulary x width] */
    void *positions; /* [tokens x width] */
} lln_embedding;

/* x [count tokens x width] from the examples. input: the numbers at all
 * positions in the precision of the model, kept for backward(). */
void lln_embedding_forward(const lln_embedding *embedding,
                           const lln_examples *examples, void *input, void *x);

/* Writes the gradients of the parameters. sums: scratch of [width]. */
void lln_embedding_backward(const lln_embedding *embedding,
                            const lln_examples *examples, const void *input,
                            const void *dx, const lln_embedding *gradient,
                            double *sums);

#endif
