/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What members of zip archives hold. Messages do not name the file. */
#ifndef LLN_TENSOR_ZIP_UNPACK_H
#define LLN_TENSOR_ZIP_UNPACK_H

#include "tensor/zip.h"

/* Unpacks the first `wanted` <= member->size bytes of a deflated member that
 * was located. All of them: the data must end there, the checksum must agree.
 * LLN_EFORMAT: they are damaged, or are fewer or more than member->size;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_zip_inflate(const lln_mapping *file,
                                         const lln_zip_member *member,
                                         unsigned char *out, size_t wanted);

/* LLN_EFORMAT unless the bytes of a stored member have its checksum; also the
 * statuses of lln_mapping_get. */
LLN_NODISCARD lln_status lln_zip_check(const lln_mapping *file,
                                       const lln_zip_member *member);

#endif
