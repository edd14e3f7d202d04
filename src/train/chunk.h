/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Passes of a model over a few examples, on one thread. */
#ifndef LLN_TRAIN_CHUNK_H
#define LLN_TRAIN_CHUNK_H

#include "train/cross_entropy.h"
#include "train/model.h"

/* Arrays for the passes; rows = examples tokens. */
typedef struct {
    void *memory;
    void *input;      /* of the embedding */
    void *x;          /* [rows x width], in the backward pass its gradient */
    void *y;          /* [rows x width] after the last norm */
    void *pooled;     /* [answers x width] */
    void *logits;     /* [answers x classes] */
    int32_t *answers; /* [rows] */
    lln_layer_norm_kept norm;
    lln_block_kept *blocks; /* [depth] */
    lln_block_scratch scratch;
    size_t kept; /* elements that the attention of one head keeps */
} lln_chunk;

/* For up to `examples` examples. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_chunk_alloc(const lln_model *model,
                                         size_t examples, lln_chunk *chunk);
void lln_chunk_free(lln_chunk *chunk); /* A zeroed struct is legal. */

/* The embedding and the first `layers` blocks. */
void lln_chunk_forward(const lln_model *model, const lln_examples *examples,
                       size_t layers, lln_chunk *chunk);

/* After all blocks: adds loss and accuracy over the answers to *sum, and
 * prepares for backward() of scale times the loss. */
void lln_chunk_score(const lln_model *model, const lln_examples *examples,
                     double scale, lln_chunk *chunk, lln_cross_entropy *sum);

/* Writes the gradients of all parameters. */
void lln_chunk_backward(const lln_model *model, const lln_examples *examples,
                        lln_chunk *chunk, const lln_parts *gradient);

#endif
