/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes zip archives of stored members sequentially. The sizes and checksum of
 * a member follow its data, so that the output may be a pipe. zip64 is used
 * where sizes, offsets or the number of members require it. Source: PKWARE's
 * APPNOTE.TXT 6.3.10. */
#ifndef LLN_TENSOR_ZIP_WRITE_H
#define LLN_TENSOR_ZIP_WRITE_H

#include "tensor/output.h"

/* A member; the caller sets name and size. */
typedef struct {
    char *name; /* UTF-8, at most 65535 bytes */
    uint64_t size;
    uint64_t place; /* offset of its local header */
    uint32_t crc;
} lln_zip_record;

/* Begins a member. The next member->size bytes of `output` are its contents.
 * LLN_EIO. */
LLN_NODISCARD lln_status lln_zip_begin(lln_output *output,
                                       lln_zip_record *member);

/* Ends a member. LLN_EIO. */
LLN_NODISCARD lln_status lln_zip_end(lln_output *output,
                                     lln_zip_record *member);

/* Ends the archive of these members. LLN_EIO. */
LLN_NODISCARD lln_status lln_zip_finish(lln_output *output,
                                        const lln_zip_record *members,
                                        size_t count);

#endif
