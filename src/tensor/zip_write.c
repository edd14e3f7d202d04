/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/zip_write.h"

#include <stdbool.h>
#include <string.h>

#include "tensor/zip_internal.h"

enum {
    VERSION = 20,
    VERSION_WIDE = 45, /* zip64 */
    MADE_BY = 3 << 8,  /* Unix */
    DATE =
        1 << 5 | 1, /* 1 January 1980: the bytes must not depend on the date */
    MODE = 0100644,
    WIDE_LOCAL = 16,  /* bytes of the zip64 field: two sizes */
    WIDE_CENTRAL = 24 /* two sizes and the offset */
};

#define PUT(output, ...)                                                       \
    lln_output_numbers(output, (const lln_output_number[]){__VA_ARGS__},       \
                       sizeof((const lln_output_number[]){__VA_ARGS__}) /      \
                           sizeof(lln_output_number))

static lln_status put_name(lln_output *output, const lln_zip_record *member)
{
    return lln_output_put(output, member->name, strlen(member->name));
}

static bool is_wide(const lln_zip_record *member)
{
    return member->size >= ZIP_FULL_32 || member->place >= ZIP_FULL_32;
}

lln_status lln_zip_begin(lln_output *output, lln_zip_record *member)
{
    member->place = output->at;
    bool wide = is_wide(member);
    uint32_t size = wide ? ZIP_FULL_32 : 0;
    LLN_TRY(PUT(output, {4, ZIP_LOCAL_MAGIC},
                {2, wide ? VERSION_WIDE : VERSION},
                {2, ZIP_SIZES_FOLLOW | ZIP_UTF8}, {2, 0}, {2, 0}, {2, DATE},
                {4, 0}, {4, size}, {4, size}, {2, strlen(member->name)},
                {2, wide ? 4 + WIDE_LOCAL : 0}));
    LLN_TRY(put_name(output, member));
    if (wide)
        LLN_TRY(
            PUT(output, {2, ZIP_EXTRA_ZIP64}, {2, WIDE_LOCAL}, {8, 0}, {8, 0}));
    output->crc = 0;
    return LLN_OK;
}

lln_status lln_zip_end(lln_output *output, lln_zip_record *member)
{
    int bytes = is_wide(member) ? 8 : 4;
    member->crc = output->crc;
    return PUT(output, {4, ZIP_FOLLOWS_MAGIC}, {4, member->crc},
               {bytes, member->size}, {bytes, member->size});
}

static lln_status put_central(lln_output *output, const lln_zip_record *member)
{
    bool wide = is_wide(member);
    uint64_t size = wide ? ZIP_FULL_32 : member->size;
    uint64_t place = wide ? ZIP_FULL_32 : member->place;
    int version = wide ? VERSION_WIDE : VERSION;
    LLN_TRY(PUT(output, {4, ZIP_CENTRAL_MAGIC}, {2, MADE_BY | version},
                {2, version}, {2, ZIP_SIZES_FOLLOW | ZIP_UTF8}, {2, 0}, {2, 0},
                {2, DATE}, {4, member->crc}, {4, size}, {4, size},
                {2, strlen(member->name)}, {2, wide ? 4 + WIDE_CENTRAL : 0},
                {2, 0}, {2, 0}, {2, 0}, {4, (uint32_t)MODE << 16}, {4, place}));
    LLN_TRY(put_name(output, member));
    if (!wide)
        return LLN_OK;
    return PUT(output, {2, ZIP_EXTRA_ZIP64}, {2, WIDE_CENTRAL},
               {8, member->size}, {8, member->size}, {8, member->place});
}

lln_status lln_zip_finish(lln_output *output, const lln_zip_record *members,
                          size_t count)
{
    uint64_t start = output->at;
    for (size_t i = 0; i < count; i++)
        LLN_TRY(put_central(output, &members[i]));
    uint64_t end = output->at, size = end - start;
    bool wide =
        count >= ZIP_FULL_16 || start >= ZIP_FULL_32 || size >= ZIP_FULL_32;
    if (wide)
        LLN_TRY(PUT(output, {4, ZIP_END64_MAGIC}, {8, ZIP_END64 - 12},
                    {2, MADE_BY | VERSION_WIDE}, {2, VERSION_WIDE}, {4, 0},
                    {4, 0}, {8, count}, {8, count}, {8, size}, {8, start},
                    {4, ZIP_LOCATOR_MAGIC}, {4, 0}, {8, end}, {4, 1}));
    uint64_t full = wide ? UINT64_MAX : 0; /* sets all bits of every field */
    return PUT(output, {4, ZIP_END_MAGIC}, {2, 0}, {2, 0}, {2, count | full},
               {2, count | full}, {4, size | full}, {4, start | full}, {2, 0});
}
