/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Measures of the heads of a layer while it is trained: P is that of the kernel
 * of the same name, with the alpha, beta and ratio of the layer. */
#ifndef LLN_TRAIN_READINGS_H
#define LLN_TRAIN_READINGS_H

#include "train/model.h"

/* Queries and keys of `count` heads of one layer. */
typedef struct {
    size_t count, tokens, size; /* size: d */
    bool causal;
    const float *q, *k; /* [count x tokens x size] */
} lln_layer_heads;

/* Which values are computed. */
typedef enum {
    LLN_READ_SIGMAS = 1,
    LLN_READ_TAU = 2,
    LLN_READ_ENTROPY = 4,
    LLN_READ_SPECTRUM = 8
} lln_reading;

/* Means over the heads that have the value. Undefined for a head is, for
 * example, the entropy of relu with a row of zeros. NaN if no head has the
 * value, or if it was not asked for. */
typedef struct {
    double sigma_q, sigma_k; /* lln_temperature_moments */
    double tau;              /* lln_temperature_measure */
    double entropy;          /* lln_entropy.entropy of the kernel, nats */
    double lambda2;          /* lln_spectrum.lambda2 of the kernel */
    double undefined;        /* fraction of the heads without entropy */
} lln_readings;

/* Measures heads of a layer of the model; `what` has bits of lln_reading. Heads
 * are measured on several threads at once; results do not depend on their
 * number. LLN_ENOMEM, LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_readings_measure(const lln_model *model,
                                              size_t layer,
                                              const lln_layer_heads *heads,
                                              unsigned what, lln_readings *out);

#endif
