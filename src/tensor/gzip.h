/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inflates gzip files (RFC 1952) into memory. */
#ifndef LLN_TENSOR_GZIP_H
#define LLN_TENSOR_GZIP_H

#include <stdbool.h>

#include "tensor/mapping.h"

bool lln_gzip_begins(const unsigned char *bytes, size_t size);

/* Inflates a gzip file of one or several members, at most to one byte more than
 * the length that the inflated bytes claim, so that a small file cannot take
 * all memory. *inflated is of kind LLN_MAPPING_READ; the caller releases it
 * with lln_mapping_close. Messages do not name the file. LLN_EFORMAT:
 * truncated, damaged (also by its checksum), without contents, or followed by
 * bytes that are no gzip member. LLN_ENOMEM: it needs more than half of the
 * memory that is free. */
LLN_NODISCARD lln_status lln_gzip_inflate(const unsigned char *bytes,
                                          size_t size, lln_mapping_claim *claim,
                                          lln_mapping *inflated);

#endif
