/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cross entropy of softmax over classes, in nats. */
#ifndef LLN_TRAIN_CROSS_ENTROPY_H
#define LLN_TRAIN_CROSS_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

#include "core/matrix.h"

/* Sums over rows. */
typedef struct {
    double loss;    /* of -ln p(answer) */
    size_t correct; /* rows whose largest logit, the first of equal ones, is the
                       answer; never those whose loss is not finite */
} lln_cross_entropy;

/* Adds the loss of logits [rows x classes] with answers [rows], each below
 * classes, to *sum; a NaN among them makes the loss NaN. Replaces the logits by
 * the gradient of scale times the loss. */
void lln_cross_entropy_add(lln_precision precision, size_t rows, size_t classes,
                           void *logits, const int32_t *answers, double scale,
                           lln_cross_entropy *sum);

#endif
