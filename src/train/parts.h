/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tensors of a model, which lie one after the other in one array: their
 * list, and the layers as views of such an array (of parameters, or of
 * gradients). */
#ifndef LLN_TRAIN_PARTS_H
#define LLN_TRAIN_PARTS_H

#include <stdint.h>

#include "core/status.h"
#include "train/block.h"
#include "train/embedding.h"

typedef struct {
    size_t width, depth, head_count, mlp; /* mlp: hidden width */
    lln_precision precision;
} lln_model_sizes;

/* How a tensor begins. */
typedef enum {
    LLN_START_VALUE,   /* all elements equal `start_size` */
    LLN_START_NORMAL,  /* normal with standard deviation `start_size` */
    LLN_START_UNIFORM, /* uniform between plus and minus `start_size` */
} lln_weight_start;

/* One tensor, which begins at element `offset` of the array. Weights of linear
 * maps are [outputs x inputs], as in PyTorch. */
typedef struct {
    char name[48]; /* such as "blocks.0.attention.qkv.weight" */
    size_t rows, columns, offset;
    bool decays; /* AdamW decays it: matrices, not biases and norms */
    lln_weight_start start;
    double start_size;
    bool optional; /* only some kinds of attention have it */
} lln_weight;

typedef struct {
    lln_embedding embedding;
    lln_block *blocks; /* [depth] */
    lln_layer_norm norm;
    lln_linear classifier; /* width to classes */
} lln_parts;

/* What the list of tensors depends on. */
typedef struct {
    const lln_task_shape *task;
    const lln_model_sizes *sizes;
    const lln_train_attention *attention;
} lln_parts_plan;

/* The number of tensors; writes their list unless it is NULL. */
size_t lln_parts_list(const lln_parts_plan *plan, lln_weight *list);

/* Views of the array. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_parts_open(const lln_parts_plan *plan, void *array,
                                        lln_parts *parts);
void lln_parts_close(lln_parts *parts); /* A zeroed struct is legal. */

/* Draws all tensors: embeddings of tokens are standard normal, as in
 * torch.nn.Embedding (at 0.02, recall with 64 tokens and 16 pairs stays at
 * chance for 800 steps); positions are normal with standard deviation 0.02;
 * weights and biases of linear maps are uniform between plus and minus
 * 1/sqrt(inputs), as in torch.nn.Linear; gains are 1 and biases of norms 0.
 * Tensor number i of the list and its elements have random numbers of their
 * own, so that models with different attention begin alike. */
void lln_parts_draw(const lln_weight *list, size_t count,
                    lln_precision precision, uint64_t seed, void *array);

#endif
