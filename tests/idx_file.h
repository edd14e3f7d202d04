/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What tests of images share: IDX files, and files compressed by gzip. */
#ifndef LLN_TESTS_IDX_FILE_H
#define LLN_TESTS_IDX_FILE_H

#include <zlib.h>

#include "npy_file.h"

/* Writes magic (two zeros, `type`, axes), the shape, and data. */
static inline size_t make_idx(unsigned char *file, int type, size_t axes,
                              const unsigned *shape, const void *data,
                              size_t bytes)
{
    file[0] = file[1] = 0;
    file[2] = (unsigned char)type;
    file[3] = (unsigned char)axes;
    for (size_t a = 0; a < axes; a++)
        for (size_t i = 0; i < 4; i++)
            file[4 + 4 * a + i] = (unsigned char)(shape[a] >> (24 - 8 * i));
    memcpy(file + 4 + 4 * axes, data, bytes);
    return 4 + 4 * axes + bytes;
}

/* Unsigned bytes. */
static inline void write_idx(const char *path, size_t axes,
                             const unsigned *shape, const void *data,
                             size_t bytes)
{
    unsigned char file[4096];
    ck_assert_uint_le(bytes + 64, sizeof file);
    write_bytes(path, file, make_idx(file, 8, axes, shape, data, bytes));
}

/* A gzip member of these bytes in out [room]; returns its size. */
static inline size_t pack_gzip(const void *bytes, size_t size,
                               unsigned char *out, size_t room)
{
    z_stream stream = {.next_in = (unsigned char *)bytes,
                       .avail_in = (uInt)size,
                       .next_out = out,
                       .avail_out = (uInt)room};
    ck_assert_int_eq(
        deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return room - stream.avail_out;
}

#endif
