/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The model.safetensors.index.json of Hugging Face. It maps the keys of arrays
 * to the files (shards) that contain them, in the folder of the index.
 * Example: {"weight_map": {"q": "model-00001-of-00002.safetensors", "k":
 * "model-00002-of-00002.safetensors"}} lists two arrays. If the second file is
 * missing, k is unreadable, but q can be read. */
#ifndef LLN_TENSOR_SHARDS_H
#define LLN_TENSOR_SHARDS_H

#include "tensor/container_internal.h"

/* Lists the keys and their shards; the container opens the shards. LLN_EFORMAT:
 * not JSON, or JSON of another kind; no folder, as for a pipe; a shard outside
 * the folder; a shard that is an index itself. LLN_ENOMEM. */
extern const lln_format lln_shards_format;

#endif
