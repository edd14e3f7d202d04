/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A small transformer: embedding of patches or token numbers plus learned
 * positions; pre-norm blocks x += Attention(LayerNorm(x)), x += MLP(LayerNorm(
 * x)) with GELU; a last LayerNorm; mean over positions or none; a linear map to
 * classes; cross entropy in nats. The batch is cut into chunks of fixed size;
 * each chunk has gradients of its own, added in order, so that results do not
 * depend on threads. */
#ifndef LLN_TRAIN_MODEL_H
#define LLN_TRAIN_MODEL_H

#include <stdint.h>

#include "core/matrix.h"
#include "core/status.h"
#include "train/attention.h"
#include "train/task.h"

typedef struct {
    size_t width, depth, head_count, mlp; /* mlp: hidden width */
    lln_precision precision;
} lln_model_sizes;

/* One tensor of the weights, at elements offset .. of the flat array. */
typedef struct {
    char name[48]; /* such as "blocks.0.attention.qkv.weight" */
    size_t rows, columns, offset;
    bool decays; /* AdamW decays it: matrices, not biases and norms */
} lln_weight;

typedef struct {
    lln_task_shape task;
    lln_model_sizes sizes;
    lln_train_attention attention;
    size_t weight_count; /* tensors */
    lln_weight *weights;
    size_t count;     /* elements of all tensors */
    void *parameters; /* [count] in sizes.precision */
    /* Running standard deviations of the entries of q and k, [depth] each, and
     * what follows from them. Updated by training passes. */
    double *sigma_q, *sigma_k;
    lln_train_constants *constants; /* [depth] */
    size_t steps;                   /* training passes so far */
    double momentum;                /* of the running deviations */
} lln_model;

/* Loss and accuracy over the answers of a batch. */
typedef struct {
    double loss; /* mean over answers, nats */
    size_t answers, correct;
} lln_model_score;

/* LLN_EINVAL: sizes that do not fit each other. LLN_ENOMEM. Weights are drawn
 * with `seed`; the model is closed by lln_model_close, also if zeroed. */
LLN_NODISCARD lln_status lln_model_open(const lln_task_shape *task,
                                        const lln_model_sizes *sizes,
                                        const lln_train_attention *attention,
                                        uint64_t seed, lln_model *model);
void lln_model_close(lln_model *model);

/* Space for passes over batches of up to `batch` examples. */
typedef struct lln_model_workspace lln_model_workspace;
LLN_NODISCARD lln_status lln_model_workspace_alloc(const lln_model *model,
                                                   size_t batch,
                                                   lln_model_workspace **space);
void lln_model_workspace_free(lln_model_workspace *space);

/* Forward pass and gradient: gradients [count] in the model's precision, of the
 * mean loss over all answers of the batch. Updates the running deviations and
 * constants first, from the q and k of this batch as they come. LLN_EDATA: the
 * loss is not finite. */
LLN_NODISCARD lln_status lln_model_learn(lln_model *model,
                                         const lln_examples *examples,
                                         lln_model_workspace *space,
                                         void *gradients,
                                         lln_model_score *score);

/* Forward pass only. */
LLN_NODISCARD lln_status lln_model_evaluate(const lln_model *model,
                                            const lln_examples *examples,
                                            lln_model_workspace *space,
                                            lln_model_score *score);

/* Forward pass that also copies q, k and v of each layer and head, float32:
 * q, k, v [depth x count x head_count x tokens x size]. */
LLN_NODISCARD lln_status lln_model_heads(const lln_model *model,
                                         const lln_examples *examples,
                                         lln_model_workspace *space, float *q,
                                         float *k, float *v);

#endif
