/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * zlib with sizes that need more than its 32 bits; for readers of files only.
 */
#ifndef LLN_TENSOR_INFLATE_H
#define LLN_TENSOR_INFLATE_H

#include <stddef.h>

#define ZLIB_CONST /* the input is const */
#include <zlib.h>

/* Calls inflate() once, on at most 1 GiB. Subtracts what it read and wrote from
 * *in_left and *out_left, and returns its code. */
static inline int lln_inflate_piece(z_stream *stream, size_t *in_left,
                                    size_t *out_left)
{
    const size_t most = 1 << 30;
    uInt in = (uInt)(*in_left < most ? *in_left : most);
    uInt out = (uInt)(*out_left < most ? *out_left : most);
    stream->avail_in = in;
    stream->avail_out = out;
    int code = inflate(stream, Z_NO_FLUSH);
    *in_left -= in - stream->avail_in;
    *out_left -= out - stream->avail_out;
    return code;
}

#endif
