/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Folders that are named where a file is expected. */
#ifndef LLN_TENSOR_FOLDER_H
#define LLN_TENSOR_FOLDER_H

#include "core/status.h"

/* LLN_EIO: the path is a folder; the message names a file in it that may have
 * been meant: an index of shards, else the first file of arrays. */
LLN_NODISCARD lln_status lln_folder_fail(const char *path);

#endif
