/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Zip archives of stored members, written from front to back: the sizes and
 * checksum of a member follow its data, so that pipes will do. zip64 where
 * sizes, places or the number of members ask for it. Source: PKWARE's
 * APPNOTE.TXT 6.3.10. */
#ifndef LLN_TENSOR_ZIP_WRITE_H
#define LLN_TENSOR_ZIP_WRITE_H

#include "tensor/output.h"

/* A member; the caller sets the first two. */
typedef struct {
    char *name; /* UTF-8, at most 65535 bytes */
    uint64_t size;
    uint64_t place; /* of its local header */
    uint32_t crc;
} lln_zip_record;

/* Begins a member: its member->size bytes are the next that go to `output`.
 * LLN_EIO. */
LLN_NODISCARD lln_status lln_zip_begin(lln_output *output,
                                       lln_zip_record *member);

/* Ends it. LLN_EIO. */
LLN_NODISCARD lln_status lln_zip_end(lln_output *output,
                                     lln_zip_record *member);

/* Ends the archive of these members. LLN_EIO. */
LLN_NODISCARD lln_status lln_zip_finish(lln_output *output,
                                        const lln_zip_record *members,
                                        size_t count);

#endif
