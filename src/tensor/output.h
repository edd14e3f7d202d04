/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes on their way to a stream, which need not be able to seek: they are
 * counted and summed up. */
#ifndef LLN_TENSOR_OUTPUT_H
#define LLN_TENSOR_OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/status.h"

typedef struct {
    FILE *file;   /* not owned */
    uint64_t at;  /* bytes written */
    uint32_t crc; /* CRC-32 of them since it was last set to 0 */
} lln_output;

/* LLN_EIO: the stream refused; the message is the system's reason alone. */
LLN_NODISCARD lln_status lln_output_put(lln_output *output, const void *bytes,
                                        size_t size);

/* Little-endian numbers of 1 to 8 bytes, one after another. LLN_EIO. */
typedef struct {
    int bytes;
    uint64_t value;
} lln_output_number;

LLN_NODISCARD lln_status lln_output_numbers(lln_output *output,
                                            const lln_output_number *numbers,
                                            size_t count);

#endif
