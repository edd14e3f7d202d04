/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Passes of a model over batches. A batch is cut into chunks whose size does
 * not depend on the number of threads; each chunk has gradients of its own,
 * which are added in order. So results have the same bytes with any number of
 * threads. */
#ifndef LLN_TRAIN_MODEL_PASS_H
#define LLN_TRAIN_MODEL_PASS_H

#include "train/model.h"

/* Loss and accuracy over the answers of a batch. */
typedef struct {
    double loss; /* mean over answers, nats */
    size_t answers, correct;
} lln_model_score;

/* Space for passes over batches of up to `batch` examples, of any model with
 * the same task, sizes and attention. LLN_ENOMEM. */
typedef struct lln_model_workspace lln_model_workspace;
LLN_NODISCARD lln_status lln_model_workspace_alloc(const lln_model *model,
                                                   size_t batch,
                                                   lln_model_workspace **space);
void lln_model_workspace_free(lln_model_workspace *space); /* NULL is legal. */

/* Sets the running variances and constants of each layer from its q and k in
 * this batch, layer after layer. lln_model_learn does it before its first step.
 * LLN_EUNDEFINED: see lln_train_constants_set. */
LLN_NODISCARD lln_status lln_model_calibrate(lln_model *model,
                                             const lln_examples *examples,
                                             lln_model_workspace *space);

/* Forward and backward pass: the mean loss over all answers of the batch, and
 * its gradients [model->count] in the model's precision. Then updates the
 * running variances and the constants, for the next step, and counts the step
 * in model->steps. LLN_EINVAL: no answers. LLN_ENOCONV: the loss
 * is not finite. LLN_EUNDEFINED: see lln_train_constants_set. */
LLN_NODISCARD lln_status lln_model_learn(lln_model *model,
                                         const lln_examples *examples,
                                         lln_model_workspace *space,
                                         void *gradients,
                                         lln_model_score *score);

/* Forward pass only. No answers: the loss is NaN. LLN_EINVAL: the model has no
 * constants yet, see lln_model_calibrate. */
LLN_NODISCARD lln_status lln_model_evaluate(const lln_model *model,
                                            const lln_examples *examples,
                                            lln_model_workspace *space,
                                            lln_model_score *score);

/* Forward pass that copies q, k and v of each layer and head, float32: q, k, v
 * [depth x examples x head_count x tokens x size]. There may be more examples
 * than the workspace is for. LLN_EINVAL: as above. */
LLN_NODISCARD lln_status lln_model_heads(const lln_model *model,
                                         const lln_examples *examples,
                                         lln_model_workspace *space, float *q,
                                         float *k, float *v);

#endif
