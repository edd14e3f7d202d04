/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of .safetensors files. */
#include "read_all.h"

/* A change of the header usually changes its length: sets the length so that
 * the header ends with the last brace. */
static void mend_length(uint8_t *bytes, size_t size)
{
    size_t end = size;
    while (end > 8 && bytes[end - 1] != '}')
        end--;
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)(end - 8) >> 8 * i);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    read_all(bytes, size);
    if (size > 8) {
        uint8_t *mended = malloc(size);
        memcpy(mended, bytes, size);
        mend_length(mended, size);
        read_all(mended, size);
        free(mended);
    }
    return 0;
}
