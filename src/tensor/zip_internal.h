/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Constants of the zip format for its reader and its writer. */
#ifndef LLN_TENSOR_ZIP_INTERNAL_H
#define LLN_TENSOR_ZIP_INTERNAL_H

#include <stdint.h>

#define ZIP_LOCAL_MAGIC UINT32_C(0x04034b50)
#define ZIP_FOLLOWS_MAGIC UINT32_C(0x08074b50) /* sizes after the data */
#define ZIP_CENTRAL_MAGIC UINT32_C(0x02014b50)
#define ZIP_END64_MAGIC UINT32_C(0x06064b50)
#define ZIP_LOCATOR_MAGIC UINT32_C(0x07064b50)
#define ZIP_END_MAGIC UINT32_C(0x06054b50)

/* This value means that the actual value is in a zip64 field or record. */
#define ZIP_FULL_32 UINT32_C(0xffffffff)

enum {
    ZIP_FULL_16 = 0xffff,
    /* bytes of records without their variable part */
    ZIP_LOCAL = 30,
    ZIP_CENTRAL = 46,
    ZIP_END64 = 56,
    ZIP_LOCATOR = 20,
    ZIP_END = 22,
    ZIP_EXTRA_ZIP64 = 1, /* the field with values of 64 bits */
    /* flags */
    ZIP_SIZES_FOLLOW =
        1 << 3,        /* sizes were not known when the header was written */
    ZIP_UTF8 = 1 << 11 /* the name is UTF-8 */
};

#endif
