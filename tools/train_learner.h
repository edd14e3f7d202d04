/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One model in training: its weights, the state of its optimiser, and the loss
 * since its last evaluation. */
#ifndef LLN_TOOLS_TRAIN_LEARNER_H
#define LLN_TOOLS_TRAIN_LEARNER_H

#include "train/model_pass.h"
#include "train/optimiser.h"

typedef struct {
    const char *seed_text;
    uint64_t seed;
    lln_model model;
    lln_optimiser optimiser;
    void *gradients;
    double loss;    /* sum over answers since the last evaluation */
    size_t answers; /* their number */
    double seconds; /* of training */
} train_learner;

/* Shared by the learners of a kernel. */
typedef struct {
    const lln_task *task;
    lln_train_attention attention;
    lln_model_workspace *space;
    lln_examples batch; /* of train_asked.batch examples */
} train_setting;

/* Opens the model with the sizes of the options and the weights of --load. On
 * failure, the learner may be closed. */
LLN_NODISCARD lln_status train_learner_open(const train_setting *setting,
                                            train_learner *learner);
void train_learner_close(train_learner *learner);

/* Sets alpha and beta from the first batch; after --load, they are those of the
 * file. */
LLN_NODISCARD lln_status train_learner_begin(train_setting *setting,
                                             train_learner *learner);

/* Trains on the next batch. After --load, batches continue with the first that
 * the loaded model has not seen. */
LLN_NODISCARD lln_status train_learner_step(train_setting *setting,
                                            train_learner *learner);

/* Loss and accuracy on all held-out examples. LLN_ENOCONV: the loss is not
 * finite. */
LLN_NODISCARD lln_status train_learner_test(train_setting *setting,
                                            const train_learner *learner,
                                            lln_model_score *score);

#endif
