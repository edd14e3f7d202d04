/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The contents of members of zip archives. Messages do not name the file. */
#ifndef LLN_TENSOR_ZIP_UNPACK_H
#define LLN_TENSOR_ZIP_UNPACK_H

#include "tensor/zip.h"

/* Unpacks the first `wanted` <= member->size bytes of a located, deflated
 * member. If all bytes are wanted, the data must end there and the checksum
 * must match. LLN_EFORMAT: the data are damaged, or are shorter or longer than
 * member->size; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_zip_inflate(const lln_mapping *file,
                                         const lln_zip_member *member,
                                         unsigned char *out, size_t wanted);

/* LLN_EFORMAT unless the bytes of a stored member match its checksum; also the
 * statuses of lln_mapping_get. */
LLN_NODISCARD lln_status lln_zip_check(const lln_mapping *file,
                                       const lln_zip_member *member);

#endif
