/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads pipes into memory.
 * Example: `cat q.npy |` delivers a header that claims 2 MB. Reading stops at
 * the end of the pipe, or one byte after 2 MB, which shows that the pipe is
 * longer than its header says. */
#ifndef LLN_TENSOR_STREAM_H
#define LLN_TENSOR_STREAM_H

#include "tensor/mapping.h"

/* Reads a pipe to its end, or to one byte beyond the length that it claims. It
 * may take half of the memory that is free. Messages begin with `path`.
 * LLN_EIO; LLN_EFORMAT: it is empty; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_stream_read(const char *path, int file,
                                         lln_mapping_claim *claim,
                                         lln_mapping *mapping);

#endif
