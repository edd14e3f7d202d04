/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/zip_unpack.h"

#include "tensor/inflate.h"

enum {
    CHECKED = 4 << 20, /* bytes added to the checksum at a time */
    PEEK = 1 << 20     /* packed bytes read to unpack the first bytes */
};

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

static lln_status inflate_bytes(const lln_zip_member *member,
                                const unsigned char *in, size_t in_left,
                                unsigned char *out, size_t wanted)
{
    z_stream stream = {.next_in = in, .next_out = out};
    size_t out_left = wanted, room = 1;
    unsigned char spare;
    int code = inflateInit2(&stream, -MAX_WBITS);
    while (code == Z_OK && out_left > 0)
        code = lln_inflate_piece(&stream, &in_left, &out_left);
    lln_status status = out_left > 0
                            ? explain_failure(code, &stream, out_left, wanted)
                            : LLN_OK;
    bool whole = status == LLN_OK && wanted == member->size;
    /* After the last byte both the stream and the packed bytes must end. */
    stream.next_out = &spare;
    while (whole && code == Z_OK && room > 0)
        code = lln_inflate_piece(&stream, &in_left, &room);
    inflateEnd(&stream);
    if (!whole)
        return status;
    if (code != Z_STREAM_END || room == 0 || in_left > 0)
        return lln_fail(LLN_EFORMAT,
                        "damaged: deflated data do not end after %zu bytes",
                        wanted);
    return check_crc(member, (uint32_t)crc32_z(0, out, wanted));
}

lln_status lln_zip_inflate(const lln_mapping *file,
                           const lln_zip_member *member, unsigned char *out,
                           size_t wanted)
{
    const unsigned char *packed;
    size_t size = (size_t)member->packed;
    if (wanted < member->size && size > PEEK)
        size = PEEK;
    LLN_TRY(lln_mapping_get(file, member->place, size, &packed));
    lln_status status = inflate_bytes(member, packed, size, out, wanted);
    lln_mapping_put(file, packed);
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
