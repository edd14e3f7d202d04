/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/zip_unpack.h"

#include "core/memory.h"
#include "tensor/inflate.h"

enum {
    CHECKED = 4 << 20, /* bytes added to the checksum at a time */
    PEEK = 1 << 20,    /* packed bytes read to unpack the first bytes */
    PACKED = 1 << 20   /* packed bytes in memory at a time */
};

/* The packed bytes, of which one piece is in memory. */
typedef struct {
    const lln_mapping *file;
    size_t place, left; /* after the piece */
    const unsigned char *piece;
    size_t size, unread; /* of the piece, and what zlib has not read of it */
    unsigned char spare; /* for a byte after the last one */
} packed_bytes;

/* The bytes of a piece are not needed until the array is read again. */
static void release_piece(packed_bytes *in)
{
    if (!in->piece)
        return;
    if (in->file->bytes)
        lln_mapping_drop(in->file, in->piece, in->size);
    lln_mapping_put(in->file, in->piece);
    in->piece = NULL;
}

/* Gets the next piece, if there is one and zlib needs it. */
static lln_status feed(packed_bytes *in, z_stream *stream)
{
    if (in->unread > 0 || in->left == 0)
        return LLN_OK;
    release_piece(in);
    in->size = lln_size_smaller(in->left, PACKED);
    LLN_TRY(lln_mapping_get(in->file, in->place, in->size, &in->piece));
    in->place += in->size;
    in->left -= in->size;
    stream->next_in = in->piece;
    in->unread = in->size;
    return LLN_OK;
}

/* Unpacks bytes until *out_left is 0 or *code is not Z_OK. */
static lln_status unpack(packed_bytes *in, z_stream *stream, size_t *out_left,
                         int *code)
{
    while (*code == Z_OK && *out_left > 0) {
        LLN_TRY(feed(in, stream));
        *code = lln_inflate_piece(stream, &in->unread, out_left);
    }
    return LLN_OK;
}

/* The failure to get `wanted` bytes. */
static lln_status explain_failure(int code, const z_stream *stream,
                                  size_t missing, size_t wanted)
{
    if (code == Z_MEM_ERROR)
        return lln_fail(LLN_ENOMEM, "out of memory");
    if (code == Z_STREAM_END || code == Z_BUF_ERROR)
        return lln_fail(LLN_EFORMAT,
                        "damaged: deflated data end after %zu bytes, expected "
                        "%zu",
                        wanted - missing, wanted);
    return lln_fail(LLN_EFORMAT, "damaged deflated data: %s",
                    stream->msg ? stream->msg : "not a stream");
}

static lln_status check_crc(const lln_zip_member *member, uint32_t crc)
{
    if (crc == member->crc)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT, "damaged: checksum %08x, expected %08x",
                    (unsigned)crc, (unsigned)member->crc);
}

static lln_status inflate_bytes(const lln_zip_member *member, packed_bytes *in,
                                z_stream *stream, unsigned char *out,
                                size_t wanted)
{
    size_t out_left = wanted, room = 1;
    int code = inflateInit2(stream, -MAX_WBITS);
    stream->next_out = out;
    LLN_TRY(unpack(in, stream, &out_left, &code));
    if (out_left > 0)
        return explain_failure(code, stream, out_left, wanted);
    if (wanted < member->size)
        return LLN_OK;
    /* After the last byte both the stream and the packed bytes must end. */
    stream->next_out = &in->spare;
    LLN_TRY(unpack(in, stream, &room, &code));
    if (code != Z_STREAM_END || room == 0 || in->unread > 0 || in->left > 0)
        return lln_fail(LLN_EFORMAT,
                        "damaged: deflated data do not end after %zu bytes",
                        wanted);
    return check_crc(member, (uint32_t)crc32_z(0, out, wanted));
}

lln_status lln_zip_inflate(const lln_mapping *file,
                           const lln_zip_member *member, unsigned char *out,
                           size_t wanted)
{
    z_stream stream = {0};
    packed_bytes in = {
        .file = file, .place = member->place, .left = (size_t)member->packed};
    if (wanted < member->size)
        in.left = lln_size_smaller(in.left, PEEK);
    lln_status status = inflate_bytes(member, &in, &stream, out, wanted);
    inflateEnd(&stream);
    release_piece(&in);
    return status;
}

lln_status lln_zip_check(const lln_mapping *file, const lln_zip_member *member)
{
    uint32_t crc = 0;
    for (size_t done = 0, size = (size_t)member->size; done < size;) {
        const unsigned char *bytes;
        size_t some = size - done < CHECKED ? size - done : CHECKED;
        LLN_TRY(lln_mapping_get(file, member->place + done, some, &bytes));
        crc = (uint32_t)crc32_z(crc, bytes, some);
        lln_mapping_put(file, bytes);
        done += some;
    }
    return check_crc(member, crc);
}
