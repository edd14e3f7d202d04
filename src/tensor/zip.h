/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The members of zip archives, stored or deflated, including zip64. Messages do
 * not name the file. Source: PKWARE's APPNOTE.TXT 6.3.10. */
#ifndef LLN_TENSOR_ZIP_H
#define LLN_TENSOR_ZIP_H

#include <stdbool.h>
#include <stdint.h>

#include "tensor/mapping.h"

enum { LLN_ZIP_STORED = 0, LLN_ZIP_DEFLATED = 8 }; /* methods */

/* A member as the central directory describes it. */
typedef struct {
    const char *name; /* in the file; not terminated */
    size_t name_length;
    unsigned flags, method;
    uint32_t crc;
    uint64_t packed, size; /* bytes in the archive, and when unpacked */
    uint64_t header;       /* offset of its local header in the file */
    size_t place;          /* offset of its packed bytes; 0: not located */
} lln_zip_member;

/* Whether the file ends like a zip archive. */
bool lln_zip_is(const lln_mapping *file);

/* Lists the members in the order of the central directory. The caller releases
 * *members with free(). Bytes before the archive and a comment after it are
 * legal. The contents of members are not checked. Names live as long as the
 * file is open. LLN_EFORMAT: no end record, a damaged or truncated central
 * directory, or an archive of several disks; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_zip_list(const lln_mapping *file,
                                      lln_zip_member **members, size_t *count);

/* Finds the packed bytes of a member and sets member->place. LLN_EFORMAT: its
 * local header is missing or contradicts the central directory; its data extend
 * beyond the file; it is encrypted or compressed by another method; or it
 * claims a larger size than deflate can reach (1032 times). */
LLN_NODISCARD lln_status lln_zip_locate(const lln_mapping *file,
                                        lln_zip_member *member);

#endif
