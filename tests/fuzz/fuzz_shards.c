/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of indices of shards, in memory: no shard is opened. */
#include "read_all.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    read_all(bytes, size);
    return 0;
}
