/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * AdamW (Loshchilov and Hutter, 2019) with linear warm-up and cosine decay. */
#ifndef LLN_TRAIN_OPTIMISER_H
#define LLN_TRAIN_OPTIMISER_H

#include "core/status.h"
#include "train/model.h"

typedef struct {
    double rate;  /* the highest learning rate */
    double decay; /* of weights, see lln_weight.decays */
    double beta1, beta2, epsilon;
    double clip; /* gradients are scaled to at most this norm; 0: not at all */
    size_t warm_up, steps; /* see lln_optimiser_rate; warm_up <= steps */
} lln_optimiser_options;

typedef struct {
    lln_optimiser_options options;
    size_t step;
    void *mean, *square; /* [model->count], in the model's precision */
} lln_optimiser;

/* lln_optimiser_close releases it; a zeroed one is legal. LLN_ENOMEM. */
LLN_NODISCARD lln_status
lln_optimiser_open(const lln_model *model, const lln_optimiser_options *options,
                   lln_optimiser *optimiser);
void lln_optimiser_close(lln_optimiser *optimiser);

/* The learning rate of step number `step`, from 0: rate (step + 1) / warm_up
 * during warm-up, then rate (1 + cos(pi (step - warm_up) / (steps - warm_up)))
 * / 2, and 0 from `steps` on. */
double lln_optimiser_rate(const lln_optimiser_options *options, size_t step);

/* Euclidean norm of gradients[count], summed in float64. */
double lln_optimiser_norm(lln_precision precision, size_t count,
                          const void *gradients);

/* Changes the parameters by one step: with g the gradient, scaled to the norm
 * `clip` if its norm is larger, m = beta1 m + (1 -
 * beta1) g, s = beta2 s + (1 - beta2) g^2, and t the number of the step from 1,
 * p = (1 - rate decay) p - rate m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) +
 * epsilon). */
void lln_optimiser_step(lln_optimiser *optimiser, lln_model *model,
                        const void *gradients);

#endif
