/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The weights of a model in a file, .npz or .safetensors: the tensors by their
 * names in the model, and beside them, in float64,
 *     sigma_q, sigma_k [depth]   running standard deviations
 *     sizes [9]                  width, depth, heads, mlp, tokens, input_size,
 *                                vocabulary, classes, steps
 *     input [2]                  mean and deviation of the task's shape */
#ifndef LLN_TRAIN_WEIGHTS_H
#define LLN_TRAIN_WEIGHTS_H

#include <stdio.h>

#include "tensor/writer.h"
#include "train/model.h"

/* Writes the file; `out` is not owned. Statuses of lln_writer_open and
 * lln_writer_append. */
LLN_NODISCARD lln_status lln_weights_write(const lln_model *model, FILE *out,
                                           lln_writer_format format);

/* Reads the file into a model that was opened with the same sizes; its kernel
 * may be another one. A learned ratio that the file does not have begins as in
 * a new model. If the inputs were standardised with another mean and deviation,
 * the embedding is adapted. LLN_EFORMAT: a size differs, an array is missing or
 * has another shape, or an entry is not finite; the model must then be closed.
 * Statuses of lln_container_open and lln_model_set_constants. */
LLN_NODISCARD lln_status lln_weights_read(const char *path, lln_model *model);

#endif
