/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rows that the last linear map sees: the mean over positions of each
 * example, or the positions that have an answer. */
#ifndef LLN_TRAIN_POOLING_H
#define LLN_TRAIN_POOLING_H

#include <stddef.h>

#include "core/matrix.h"
#include "train/task.h"

/* The number of answers of the examples, which is that of rows of the result.
 */
size_t lln_pooling_rows(const lln_task_shape *shape,
                        const lln_examples *examples);

/* From x [count tokens x width]: out [rows x width] and the answer of each row;
 * returns the number of rows. */
size_t lln_pooling_forward(const lln_task_shape *shape, lln_precision precision,
                           const lln_examples *examples, size_t width,
                           const void *x, void *out, int32_t *answers);

/* Writes dx [count tokens x width] from the gradient of out. */
void lln_pooling_backward(const lln_task_shape *shape, lln_precision precision,
                          const lln_examples *examples, size_t width,
                          const void *dout, void *dx);

#endif
