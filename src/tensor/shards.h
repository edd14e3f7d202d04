/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The model.safetensors.index.json of Hugging Face: {"weight_map": {"key":
 * "model-00001-of-00002.safetensors", ...}, ...}, with shards in the folder of
 * the index. */
#ifndef LLN_TENSOR_SHARDS_H
#define LLN_TENSOR_SHARDS_H

#include "tensor/container_internal.h"

/* Lists keys and the shards that hold them, which the container opens.
 * LLN_EFORMAT: JSON of another kind or none, no folder, as in a pipe, a shard
 * outside of the folder, an index among shards; LLN_ENOMEM. */
extern const lln_format lln_shards_format;

#endif
