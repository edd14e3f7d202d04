/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A small transformer: embedding of patches or token numbers plus learned
 * positions; pre-norm blocks x += Attention(LayerNorm(x)), x += MLP(LayerNorm(
 * x)) with GELU; a last LayerNorm; mean over positions or none; a linear map to
 * classes. Passes over batches are in model_pass.h. */
#ifndef LLN_TRAIN_MODEL_H
#define LLN_TRAIN_MODEL_H

#include "train/parts.h"

typedef struct {
    lln_task_shape task;
    lln_model_sizes sizes;
    lln_train_attention attention;
    lln_train_extent extent; /* of each head */
    size_t weight_count;     /* tensors */
    lln_weight *weights;
    size_t count;     /* elements of all tensors */
    void *parameters; /* [count] in sizes.precision */
    lln_parts parts;  /* views of the parameters */
    /* Running standard deviations of the entries of q and k of each layer, all
     * heads together [depth], and what follows from them. NaN before the first
     * pass. */
    double *sigma_q, *sigma_k;
    lln_train_constants *constants; /* [depth], see lln_model_constants */
    size_t steps;                   /* training passes so far */
} lln_model;

/* Draws weights with `seed`, see lln_parts_draw. lln_model_close releases the
 * model; a zeroed one is legal. LLN_EINVAL: a size that is 0 or above 2^20, or
 * a width that the heads do not divide. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_model_open(const lln_task_shape *task,
                                        const lln_model_sizes *sizes,
                                        const lln_train_attention *attention,
                                        uint64_t seed, lln_model *model);
void lln_model_close(lln_model *model);

/* For lln_parts_open: the layers as views of another array, such as one of
 * gradients. The plan must not outlive the model. */
lln_parts_plan lln_model_plan(const lln_model *model);

/* The constants of a layer, with its present mixture if that is learned. */
lln_train_constants lln_model_constants(const lln_model *model, size_t layer);

/* Sets the constants of a layer from its sigma_q and sigma_k, after these were
 * read from a file. LLN_EUNDEFINED: see lln_train_constants_set. */
LLN_NODISCARD lln_status lln_model_set_constants(lln_model *model,
                                                 size_t layer);

/* Updates sigma_q and sigma_k of a layer with the moments of q and k of a
 * batch: sigma^2 becomes 0.9 sigma^2 + 0.1 (variance of the batch, divisor:
 * count - 1), or the variance of the batch if sigma is NaN. Then sets the
 * constants, as lln_model_set_constants. */
LLN_NODISCARD lln_status lln_model_update_sigmas(lln_model *model, size_t layer,
                                                 const lln_moments *q,
                                                 const lln_moments *k);

#endif
