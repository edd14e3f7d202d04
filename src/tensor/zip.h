/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Members of zip archives that are stored or deflated; zip64 too. Messages do
 * not name the file. Source: PKWARE's APPNOTE.TXT 6.3.10. */
#ifndef LLN_TENSOR_ZIP_H
#define LLN_TENSOR_ZIP_H

#include <stdbool.h>
#include <stdint.h>

#include "tensor/mapping.h"

enum { LLN_ZIP_STORED = 0, LLN_ZIP_DEFLATED = 8 }; /* methods */

/* A member as the central directory describes it. */
typedef struct {
    const char *name; /* in the file, not terminated */
    size_t name_length;
    unsigned flags, method;
    uint32_t crc;
    uint64_t packed, size; /* bytes in the archive, and unpacked */
    uint64_t header;       /* place of its local header in the file */
    size_t place;          /* of its packed bytes; 0: not located */
} lln_zip_member;

/* Whether the file ends as zip archives do. */
bool lln_zip_is(const lln_mapping *file);

/* Lists the members in the order of the central directory; the caller releases
 * *members with free(). Bytes before the archive are legal, a comment after it
 * too. Of what the members hold nothing is checked. Their names live as long as
 * the file is open.
 * LLN_EFORMAT: no end record, a central directory that is damaged or cut off,
 * an archive of several disks; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_zip_list(const lln_mapping *file,
                                      lln_zip_member **members, size_t *count);

/* Finds the packed bytes of a member: sets member->place.
 * LLN_EFORMAT: its local header is missing or contradicts the central
 * directory, its data leave the file, it is encrypted, packed by another
 * method, or claims to unpack to more than deflate can reach (1032 times). */
LLN_NODISCARD lln_status lln_zip_locate(const lln_mapping *file,
                                        lln_zip_member *member);

#endif
