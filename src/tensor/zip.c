/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/zip.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tensor/bytes.h"
#include "tensor/zip_internal.h"

enum {
    COMMENT_MOST = 0xffff,
    ENCRYPTED = 1 << 0,
    PATCHED = 1 << 5,
    MASKED = 1 << 13,  /* local headers hide their values */
    RATIO_MOST = 1032, /* largest ratio of deflate: 258 bytes in 2 bits */
};

/* The position of the central directory. */
typedef struct {
    uint64_t size, offset, count;
    bool wide;    /* zip64: count is exact; otherwise it is modulo 2^16 */
    size_t end;   /* offset of the first end record */
    size_t shift; /* bytes before the archive */
} directory;

/* The last bytes of a file, which contain all of its end records. */
typedef struct {
    const unsigned char *bytes;
    size_t place, size;
} tail;

static lln_status get_tail(const lln_mapping *file, tail *end)
{
    size_t most = ZIP_END64 + ZIP_LOCATOR + ZIP_END + COMMENT_MOST;
    end->size = file->size < most ? file->size : most;
    end->place = file->size - end->size;
    return lln_mapping_get(file, end->place, end->size, &end->bytes);
}

/* Finds the last end record whose comment ends with the file. */
static bool find_end(const tail *file, size_t *at)
{
    if (file->size < ZIP_END)
        return false;
    size_t last = file->size - ZIP_END;
    size_t first = last > COMMENT_MOST ? last - COMMENT_MOST : 0;
    for (size_t i = last + 1; i-- > first;)
        if (lln_get_u32(file->bytes + i) == ZIP_END_MAGIC &&
            lln_get_u16(file->bytes + i + 20) == last - i) {
            *at = i;
            return true;
        }
    return false;
}

bool lln_zip_is(const lln_mapping *file)
{
    size_t at;
    tail end;
    if (get_tail(file, &end) != LLN_OK)
        return false;
    bool found = find_end(&end, &at);
    lln_mapping_put(file, end.bytes);
    return found;
}

static lln_status several_disks(void)
{
    return lln_fail(LLN_EFORMAT, "a zip archive of more than one disk");
}

/* Reads the zip64 end record. Its locator and the old end record follow it. The
 * values of the old one may be 0xffff... or the same (PyTorch writes both). */
static lln_status read_end64(const tail *file, size_t at, directory *found)
{
    if (at < ZIP_END64 + ZIP_LOCATOR)
        return LLN_OK;
    const unsigned char *locator = file->bytes + at - ZIP_LOCATOR;
    const unsigned char *end = locator - ZIP_END64;
    if (lln_get_u32(locator) != ZIP_LOCATOR_MAGIC)
        return LLN_OK;
    if (lln_get_u32(end) != ZIP_END64_MAGIC ||
        lln_get_u64(end + 4) != ZIP_END64 - 12)
        return lln_fail(LLN_EFORMAT, "damaged: no zip64 end record");
    if (lln_get_u32(end + 16) != 0 || lln_get_u32(end + 20) != 0 ||
        lln_get_u64(end + 24) != lln_get_u64(end + 32))
        return several_disks();
    found->count = lln_get_u64(end + 32);
    found->size = lln_get_u64(end + 40);
    found->offset = lln_get_u64(end + 48);
    found->wide = true;
    found->end -= ZIP_LOCATOR + ZIP_END64;
    return LLN_OK;
}

static lln_status find_directory(const tail *file, directory *found)
{
    size_t at;
    if (!find_end(file, &at))
        return lln_fail(LLN_EFORMAT,
                        "truncated: no zip end record at the end of the file");
    const unsigned char *end = file->bytes + at;
    *found = (directory){.count = lln_get_u16(end + 10),
                         .size = lln_get_u32(end + 12),
                         .offset = lln_get_u32(end + 16),
                         .end = file->place + at};
    LLN_TRY(read_end64(file, at, found));
    if (!found->wide &&
        (lln_get_u16(end + 4) != 0 || lln_get_u16(end + 6) != 0 ||
         lln_get_u16(end + 8) != found->count))
        return several_disks();
    if (found->size > found->end || found->offset > found->end - found->size)
        return lln_fail(LLN_EFORMAT,
                        "truncated: a central directory of %llu bytes at byte "
                        "%llu, expected to end at byte %zu",
                        (unsigned long long)found->size,
                        (unsigned long long)found->offset, found->end);
    found->shift = found->end - (size_t)found->size - (size_t)found->offset;
    return LLN_OK;
}

/* Replaces each of `count` values that is ZIP_FULL_32 by a value of the zip64
 * field among the extra fields, which contains them in this order. */
static lln_status widen_values(const unsigned char *extra, size_t length,
                               uint64_t *values[], size_t count)
{
    while (length >= 4) {
        size_t id = lln_get_u16(extra), size = lln_get_u16(extra + 2);
        extra += 4;
        length -= 4;
        if (size > length)
            break;
        for (size_t i = 0; id == ZIP_EXTRA_ZIP64 && i < count; i++) {
            if (*values[i] != ZIP_FULL_32)
                continue;
            if (size < 8)
                return lln_fail(LLN_EFORMAT, "zip64 field too short");
            *values[i] = lln_get_u64(extra);
            extra += 8;
            length -= 8;
            size -= 8;
        }
        if (id == ZIP_EXTRA_ZIP64)
            return LLN_OK;
        extra += size;
        length -= size;
    }
    return LLN_OK;
}

/* Reads the entry at `at`; returns its length, or 0 if it is damaged. */
static size_t read_entry(const unsigned char *at, size_t available,
                         lln_zip_member *member)
{
    if (available < ZIP_CENTRAL || lln_get_u32(at) != ZIP_CENTRAL_MAGIC)
        return 0;
    size_t name = lln_get_u16(at + 28), extra = lln_get_u16(at + 30);
    size_t length = ZIP_CENTRAL + name + extra + lln_get_u16(at + 32);
    if (length > available)
        return 0;
    *member = (lln_zip_member){
        .name = (const char *)at + ZIP_CENTRAL,
        .name_length = name,
        .flags = lln_get_u16(at + 8),
        .method = lln_get_u16(at + 10),
        .crc = lln_get_u32(at + 16),
        .packed = lln_get_u32(at + 20),
        .size = lln_get_u32(at + 24),
        .header = lln_get_u32(at + 42),
    };
    uint64_t *values[] = {&member->size, &member->packed, &member->header};
    lln_status status = widen_values(at + ZIP_CENTRAL + name, extra, values, 3);
    return status == LLN_OK ? length : 0;
}

/* Reads the members. The number that the end record claims is only compared. */
static lln_status read_directory(const unsigned char *bytes,
                                 const directory *found,
                                 lln_zip_member **members, size_t *count)
{
    size_t at = 0, end = (size_t)found->size;
    for (*count = 0; at < end; ++*count) {
        lln_zip_member *grown = lln_array_grow(*members, *count, sizeof *grown);
        if (!grown)
            return LLN_ENOMEM;
        *members = grown;
        lln_zip_member *member = &grown[*count];
        size_t length = read_entry(bytes + at, end - at, member);
        if (length == 0 || member->header > found->end - found->shift)
            return lln_fail(LLN_EFORMAT,
                            "damaged: member %zu of the central directory",
                            *count + 1);
        member->header += found->shift;
        at += length;
    }
    uint64_t claimed = found->count;
    if (claimed != (found->wide ? *count : *count & ZIP_FULL_16))
        return lln_fail(LLN_EFORMAT,
                        "damaged: %zu members in the central directory, "
                        "expected %llu",
                        *count, (unsigned long long)claimed);
    return LLN_OK;
}

lln_status lln_zip_list(const lln_mapping *file, lln_zip_member **members,
                        size_t *count)
{
    directory found = {0};
    lln_zip_member *list = NULL;
    const unsigned char *bytes;
    tail end;
    LLN_TRY(get_tail(file, &end));
    lln_status status = find_directory(&end, &found);
    lln_mapping_put(file, end.bytes);
    LLN_TRY(status);
    size_t size = (size_t)found.size;
    LLN_TRY(lln_mapping_get(file, found.end - size, size, &bytes));
    status = read_directory(bytes, &found, &list, count);
    if (status == LLN_OK)
        *members = list;
    else
        free(list);
    return status;
}

/* Whether the sizes in the local header, where given, agree with the member. */
static bool sizes_agree(const lln_zip_member *member,
                        const unsigned char *local)
{
    size_t name = lln_get_u16(local + 26), extra = lln_get_u16(local + 28);
    uint64_t crc = lln_get_u32(local + 14);
    uint64_t packed = lln_get_u32(local + 18), size = lln_get_u32(local + 22);
    uint64_t *values[] = {&size, &packed};
    if (widen_values(local + ZIP_LOCAL + name, extra, values, 2) != LLN_OK)
        return false;
    bool later = lln_get_u16(local + 6) & ZIP_SIZES_FOLLOW;
    return ((later && crc == 0) || crc == member->crc) &&
           ((later && packed == 0) || packed == member->packed) &&
           ((later && size == 0) || size == member->size);
}

static lln_status check_method(const lln_zip_member *member)
{
    if (member->flags & (ENCRYPTED | MASKED))
        return lln_fail(LLN_EFORMAT, "encrypted");
    if ((member->method != LLN_ZIP_STORED &&
         member->method != LLN_ZIP_DEFLATED) ||
        member->flags & PATCHED)
        return lln_fail(LLN_EFORMAT,
                        "compression method %u; expected stored or deflated",
                        member->method);
    if (member->method == LLN_ZIP_STORED && member->packed != member->size)
        return lln_fail(LLN_EFORMAT, "stored in %llu bytes, expected %llu",
                        (unsigned long long)member->packed,
                        (unsigned long long)member->size);
    if (member->size / RATIO_MOST > member->packed)
        return lln_fail(LLN_EFORMAT,
                        "a zip bomb: %llu bytes from %llu; deflate reaches a "
                        "ratio of at most %d",
                        (unsigned long long)member->size,
                        (unsigned long long)member->packed, RATIO_MOST);
    return LLN_OK;
}

static bool agrees(const lln_zip_member *member, const unsigned char *local)
{
    unsigned flags = lln_get_u16(local + 6) ^ member->flags;
    return lln_get_u16(local + 26) == member->name_length &&
           memcmp(local + ZIP_LOCAL, member->name, member->name_length) == 0 &&
           !(flags & (ENCRYPTED | MASKED | PATCHED)) &&
           lln_get_u16(local + 8) == member->method &&
           sizes_agree(member, local);
}

/* Length of the local header: at most `left`. */
static lln_status local_length(const lln_mapping *file, size_t at, size_t left,
                               const lln_zip_member *member, size_t *length)
{
    unsigned char local[ZIP_LOCAL] = {0};
    if (left >= ZIP_LOCAL)
        LLN_TRY(lln_mapping_read(file, at, ZIP_LOCAL, local));
    if (lln_get_u32(local) != ZIP_LOCAL_MAGIC)
        return lln_fail(LLN_EFORMAT, "damaged: no local header at byte %zu",
                        at);
    *length =
        (size_t)ZIP_LOCAL + lln_get_u16(local + 26) + lln_get_u16(local + 28);
    if (*length > left || member->packed > left - *length)
        return lln_fail(LLN_EFORMAT,
                        "truncated: %zu bytes of packed data, expected %llu",
                        *length > left ? 0 : left - *length,
                        (unsigned long long)member->packed);
    return LLN_OK;
}

lln_status lln_zip_locate(const lln_mapping *file, lln_zip_member *member)
{
    size_t at = (size_t)member->header, length = 0;
    const unsigned char *local;
    LLN_TRY(check_method(member));
    LLN_TRY(local_length(file, at, file->size - at, member, &length));
    LLN_TRY(lln_mapping_get(file, at, length, &local));
    bool same = agrees(member, local);
    lln_mapping_put(file, local);
    if (!same)
        return lln_fail(LLN_EFORMAT, "damaged: its local header contradicts "
                                     "the central directory");
    member->place = at + length;
    return LLN_OK;
}
