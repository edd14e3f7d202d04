/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of file formats that containers are read from. */
#ifndef LLN_TENSOR_FORMATS_H
#define LLN_TENSOR_FORMATS_H

#include "tensor/container_internal.h"

/* How long a file claims to be; 0 if its first bytes are those of no format. */
size_t lln_formats_claim(const lln_mapping *file);

/* The format of a file. LLN_EFORMAT: it has none of them. */
LLN_NODISCARD lln_status lln_formats_find(const lln_mapping *file,
                                          const lln_format **format);

#endif
