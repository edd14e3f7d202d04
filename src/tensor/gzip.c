/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/gzip.h"

#include <stdlib.h>

#include "core/memory.h"
#include "tensor/inflate.h"

enum {
    FIRST_ROOM = 1 << 16,
    GZIP_ONLY = MAX_WBITS + 16 /* of inflateInit2 */
};

/* What is read, and what was inflated. */
typedef struct {
    z_stream stream;
    size_t in_left;
    unsigned char *bytes; /* [room], owned */
    size_t room, used;
} inflation;

bool lln_gzip_begins(const unsigned char *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* Doubles the room, but at most to one byte more than is claimed. */
static lln_status grow_room(inflation *i, size_t claimed)
{
    size_t larger = claimed < 2 * i->room ? claimed + 1 : 2 * i->room;
    unsigned char *moved =
        i->room < lln_memory_available() / 2 ? realloc(i->bytes, larger) : NULL;
    if (!moved)
        return lln_fail(LLN_ENOMEM, "more than %zu bytes: out of memory",
                        i->used);
    i->bytes = moved;
    i->room = larger;
    return LLN_OK;
}

/* The status and message for a code of zlib. */
static lln_status explain(int code, const inflation *i)
{
    if (code == Z_OK || code == Z_STREAM_END)
        return LLN_OK;
    if (code == Z_MEM_ERROR)
        return lln_fail(LLN_ENOMEM, "out of memory");
    if (code == Z_BUF_ERROR)
        return lln_fail(LLN_EFORMAT,
                        "truncated gzip file: it ends after %zu bytes of its "
                        "contents",
                        i->used);
    return lln_fail(LLN_EFORMAT, "damaged gzip file: %s",
                    i->stream.msg ? i->stream.msg : "not a stream");
}

/* Inflates into the room that is left. *ended: the file is complete. */
static lln_status fill_room(inflation *i, bool *ended)
{
    size_t left = i->room - i->used;
    i->stream.next_out = i->bytes + i->used;
    int code = lln_inflate_piece(&i->stream, &i->in_left, &left);
    i->used = i->room - left;
    LLN_TRY(explain(code, i));
    *ended = code == Z_STREAM_END && i->in_left == 0;
    if (code != Z_STREAM_END || *ended)
        return LLN_OK;
    if (!lln_gzip_begins(i->stream.next_in, i->in_left))
        return lln_fail(LLN_EFORMAT, "%zu bytes after the end of the gzip file",
                        i->in_left);
    return explain(inflateReset(&i->stream), i);
}

static lln_status inflate_all(inflation *i, lln_mapping_claim *claim)
{
    bool ended = false;
    while (!ended) {
        LLN_TRY(fill_room(i, &ended));
        if (ended || i->used < i->room)
            continue;
        size_t claimed = claim(
            &(lln_mapping){LLN_MAPPING_READ, i->bytes, i->used, NULL, NULL});
        if (claimed < i->used)
            return LLN_OK;
        LLN_TRY(grow_room(i, claimed));
    }
    return i->used > 0 ? LLN_OK
                       : lln_fail(LLN_EFORMAT, "gzip file without contents");
}

lln_status lln_gzip_inflate(const unsigned char *bytes, size_t size,
                            lln_mapping_claim *claim, lln_mapping *inflated)
{
    inflation i = {.stream.next_in = bytes,
                   .in_left = size,
                   .bytes = malloc(FIRST_ROOM),
                   .room = FIRST_ROOM};
    lln_status status =
        i.bytes ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
    if (status == LLN_OK)
        status = explain(inflateInit2(&i.stream, GZIP_ONLY), &i);
    if (status == LLN_OK) {
        status = inflate_all(&i, claim);
        inflateEnd(&i.stream);
    }
    if (status != LLN_OK) {
        free(i.bytes);
        return status;
    }
    *inflated = (lln_mapping){LLN_MAPPING_READ, i.bytes, i.used, NULL, i.bytes};
    return LLN_OK;
}
