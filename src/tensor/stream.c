/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"

enum { FIRST_ROOM = 1 << 16 };

/* Doubles the room, or grows it to one byte more than is claimed. Returns false
 * if there is not enough memory. */
static bool grow_bytes(unsigned char **bytes, size_t *room, size_t claimed,
                       size_t most)
{
    size_t larger = claimed < 2 * *room ? claimed + 1 : 2 * *room;
    unsigned char *moved = *room < most ? realloc(*bytes, larger) : NULL;
    if (!moved)
        return false;
    *bytes = moved;
    *room = larger;
    return true;
}

lln_status lln_stream_read(const char *path, int file, lln_mapping_claim *claim,
                           lln_mapping *mapping)
{
    size_t room = FIRST_ROOM, used = 0, most = lln_memory_available() / 2;
    unsigned char *bytes = malloc(room);
    ssize_t got = 0;
    lln_status status = bytes ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
    while (bytes && (got = read(file, bytes + used, room - used)) > 0) {
        used += (size_t)got;
        if (used < room)
            continue;
        size_t claimed =
            claim(&(lln_mapping){LLN_MAPPING_READ, bytes, used, NULL, bytes});
        if (claimed < used)
            break;
        if (!grow_bytes(&bytes, &room, claimed, most)) {
            status = lln_fail(LLN_ENOMEM, "more than %zu bytes: out of memory",
                              used);
            break;
        }
    }
    if (got < 0)
        status = lln_fail(LLN_EIO, "%s", strerror(errno));
    if (status == LLN_OK && used == 0)
        status = lln_fail(LLN_EFORMAT, "empty file");
    if (status == LLN_OK) {
        *mapping = (lln_mapping){LLN_MAPPING_READ, bytes, used, NULL, bytes};
        return LLN_OK;
    }
    free(bytes);
    return lln_fail_in(status, path);
}
