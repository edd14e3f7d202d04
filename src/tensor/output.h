/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Output of bytes to a stream that may be unable to seek, with their count and
 * their checksum. */
#ifndef LLN_TENSOR_OUTPUT_H
#define LLN_TENSOR_OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/status.h"

typedef struct {
    FILE *file;   /* not owned */
    uint64_t at;  /* bytes written */
    uint32_t crc; /* CRC-32 of the bytes since it was last set to 0 */
} lln_output;

/* LLN_EIO: writing failed; the message is only the reason that the system
 * gives. */
LLN_NODISCARD lln_status lln_output_put(lln_output *output, const void *bytes,
                                        size_t size);

/* lln_output_numbers writes little-endian numbers of 1 to 8 bytes. LLN_EIO. */
typedef struct {
    int bytes;
    uint64_t value;
} lln_output_number;

LLN_NODISCARD lln_status lln_output_numbers(lln_output *output,
                                            const lln_output_number *numbers,
                                            size_t count);

#endif
