/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The error for a folder given in place of a file.
 * Example: model/ contains config.json, a.safetensors and
 * model.safetensors.index.json. The message suggests
 * model/model.safetensors.index.json; without that file it suggests
 * model/a.safetensors. */
#ifndef LLN_TENSOR_FOLDER_H
#define LLN_TENSOR_FOLDER_H

#include "core/status.h"

/* Returns LLN_EIO: the path is a folder. The message suggests a file in it: an
 * index of shards, else the first .safetensors, .npz or .npy file, in this
 * order of preference. */
LLN_NODISCARD lln_status lln_folder_fail(const char *path);

#endif
