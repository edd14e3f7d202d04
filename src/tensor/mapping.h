/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Regular files mapped into memory, read-only. A file that another process
 * shortens while it is mapped ends this one (SIGBUS). */
#ifndef LLN_TENSOR_MAPPING_H
#define LLN_TENSOR_MAPPING_H

#include <stddef.h>

#include "core/status.h"

typedef struct {
    const unsigned char *bytes;
    size_t size;
} lln_mapping;

/* Maps a file; the caller releases it with lln_mapping_close.
 * LLN_EIO: it cannot be opened or is not a regular file (a directory, a
 * pipe); LLN_EFORMAT: it is empty. */
LLN_NODISCARD lln_status lln_mapping_open(const char *path,
                                          lln_mapping *mapping);

/* Releases a mapping; one that was never opened is legal if zeroed. */
void lln_mapping_close(lln_mapping *mapping);

#endif
