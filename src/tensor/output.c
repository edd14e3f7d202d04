/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/output.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

lln_status lln_output_put(lln_output *output, const void *bytes, size_t size)
{
    if (fwrite(bytes, 1, size, output->file) != size)
        return lln_fail(LLN_EIO, "%s", strerror(errno));
    output->at += size;
    output->crc = (uint32_t)crc32_z(output->crc, bytes, size);
    return LLN_OK;
}

lln_status lln_output_numbers(lln_output *output,
                              const lln_output_number *numbers, size_t count)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < count; i++) {
        for (int b = 0; b < numbers[i].bytes; b++)
            bytes[b] = (unsigned char)(numbers[i].value >> 8 * b);
        LLN_TRY(lln_output_put(output, bytes, (size_t)numbers[i].bytes));
    }
    return LLN_OK;
}
