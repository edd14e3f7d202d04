/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pipes, which are read into memory. */
#ifndef LLN_TENSOR_STREAM_H
#define LLN_TENSOR_STREAM_H

#include "tensor/mapping.h"

/* Reads a pipe to its end, or one byte further than it claims. It may take half
 * of the memory that is free. `path` stands in front of messages.
 * LLN_EIO; LLN_EFORMAT: it is empty; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_stream_read(const char *path, int file,
                                         lln_mapping_claim *claim,
                                         lln_mapping *mapping);

#endif
