/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of the file formats of containers. */
#ifndef LLN_TENSOR_FORMATS_H
#define LLN_TENSOR_FORMATS_H

#include "tensor/container_internal.h"

/* The length of the file according to its first bytes; 0: they are those of no
 * format. */
size_t lln_formats_claim(const lln_mapping *file);

/* The format of a file. LLN_EFORMAT: none of them. */
LLN_NODISCARD lln_status lln_formats_find(const lln_mapping *file,
                                          const lln_format **format);

#endif
