/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A writer of zip archives of every kind for tests. Invalid ones are made by
 * damaging valid ones. */
#ifndef LLN_TESTS_ZIP_FILE_H
#define LLN_TESTS_ZIP_FILE_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct {
    const char *name;
    const void *data; /* not owned */
    size_t size;
    bool deflated;
    bool streamed; /* sizes and checksum follow the data */
    bool wide;     /* zip64 fields, needed or not */
    /* set by make_zip */
    uint32_t crc;
    size_t packed, local, central; /* places of the headers in the file */
} zip_member;

typedef struct {
    unsigned char *bytes; /* the caller frees them */
    size_t size, room;
    size_t directory, end; /* places of the first central header, and of the
                              (zip64, if wide) end record */
} zip_file;

static inline void put(zip_file *file, const void *bytes, size_t size)
{
    while (file->size + size > file->room) {
        file->room = 2 * file->room + 4096;
        file->bytes = realloc(file->bytes, file->room);
        ck_assert_ptr_nonnull(file->bytes);
    }
    if (size > 0)
        memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

/* A little-endian number of that many bytes. */
static inline void put_number(zip_file *file, int bytes, uint64_t value)
{
    for (int i = 0; i < bytes; i++)
        put(file, &(unsigned char){(unsigned char)(value >> 8 * i)}, 1);
}

/* Version, flags, method, time and checksum: the same in both headers. */
static inline void put_common(zip_file *file, const zip_member *m, uint32_t crc)
{
    put_number(file, 2, m->wide ? 45 : 20);
    put_number(file, 2, m->streamed ? 8 : 0);
    put_number(file, 2, m->deflated ? 8 : 0);
    put_number(file, 4, 0x00210000); /* the first possible day */
    put_number(file, 4, crc);
}

static inline void *deflate_all(const void *data, size_t size, size_t *packed)
{
    z_stream stream = {.next_in = (void *)data, .avail_in = (uInt)size};
    ck_assert_int_eq(
        deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY),
        Z_OK);
    uLong room = deflateBound(&stream, size);
    unsigned char *bytes = malloc(room);
    stream.next_out = bytes;
    stream.avail_out = (uInt)room;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *packed = stream.total_out;
    deflateEnd(&stream);
    return bytes;
}

static inline void put_member(zip_file *file, zip_member *m)
{
    void *packed = NULL;
    m->local = file->size;
    m->packed = m->size;
    m->crc = (uint32_t)crc32_z(0, m->data, m->size);
    if (m->deflated)
        packed = deflate_all(m->data, m->size, &m->packed);
    put_number(file, 4, 0x04034b50);
    put_common(file, m, m->streamed ? 0 : m->crc);
    put_number(file, 4, m->wide ? UINT32_MAX : m->streamed ? 0 : m->packed);
    put_number(file, 4, m->wide ? UINT32_MAX : m->streamed ? 0 : m->size);
    put_number(file, 2, strlen(m->name));
    put_number(file, 2, m->wide ? 20 : 0);
    put(file, m->name, strlen(m->name));
    if (m->wide) {
        put_number(file, 4, 16 << 16 | 1);
        put_number(file, 8, m->streamed ? 0 : m->size);
        put_number(file, 8, m->streamed ? 0 : m->packed);
    }
    put(file, m->deflated ? packed : m->data, m->packed);
    free(packed);
    if (m->streamed) {
        put_number(file, 4, 0x08074b50);
        put_number(file, 4, m->crc);
        put_number(file, m->wide ? 8 : 4, m->packed);
        put_number(file, m->wide ? 8 : 4, m->size);
    }
}

static inline void put_central(zip_file *file, zip_member *m, size_t first)
{
    m->central = file->size;
    put_number(file, 4, 0x02014b50);
    put_number(file, 2, 3 << 8 | 45);
    put_common(file, m, m->crc);
    put_number(file, 4, m->wide ? UINT32_MAX : m->packed);
    put_number(file, 4, m->wide ? UINT32_MAX : m->size);
    put_number(file, 2, strlen(m->name));
    put_number(file, 2, m->wide ? 28 : 0);
    put_number(file, 2, 0); /* comment */
    put_number(file, 8, 0); /* disk, attributes */
    put_number(file, 4, m->wide ? UINT32_MAX : m->local - first);
    put(file, m->name, strlen(m->name));
    if (m->wide) {
        put_number(file, 4, 24 << 16 | 1);
        put_number(file, 8, m->size);
        put_number(file, 8, m->packed);
        put_number(file, 8, m->local - first);
    }
}

static inline void put_end64(zip_file *file, size_t count, size_t first)
{
    size_t size = file->size - file->directory;
    file->end = file->size;
    put_number(file, 4, 0x06064b50);
    put_number(file, 8, 44);
    put_number(file, 4, 45 << 16 | 45);
    put_number(file, 8, 0); /* disks */
    put_number(file, 8, count);
    put_number(file, 8, count);
    put_number(file, 8, size);
    put_number(file, 8, file->directory - first);
    put_number(file, 4, 0x07064b50);
    put_number(file, 4, 0);
    put_number(file, 8, file->end - first);
    put_number(file, 4, 1);
}

/* An archive of these members after the bytes of `prefix`, with a comment.
 * wide: with a zip64 end record, too. */
static inline zip_file make_zip(zip_member *members, size_t count, bool wide,
                                const char *prefix, const char *comment)
{
    zip_file file = {0};
    put(&file, prefix, strlen(prefix));
    for (size_t i = 0; i < count; i++)
        put_member(&file, &members[i]);
    file.directory = file.size;
    for (size_t i = 0; i < count; i++)
        put_central(&file, &members[i], strlen(prefix));
    size_t size = file.size - file.directory;
    file.end = file.size;
    if (wide)
        put_end64(&file, count, strlen(prefix));
    put_number(&file, 4, 0x06054b50);
    put_number(&file, 4, 0); /* disks */
    put_number(&file, 2, wide ? UINT16_MAX : count);
    put_number(&file, 2, wide ? UINT16_MAX : count);
    put_number(&file, 4, wide ? UINT32_MAX : size);
    put_number(&file, 4, wide ? UINT32_MAX : file.directory - strlen(prefix));
    put_number(&file, 2, strlen(comment));
    put(&file, comment, strlen(comment));
    return file;
}

#endif
