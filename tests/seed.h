/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The seeds of the fuzzers are the files, good and bad, that the unit tests
 * give to the readers: the fuzzers begin with the files of every new test. */
#ifndef LLN_TESTS_SEED_H
#define LLN_TESTS_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEED_MOST = 16384 }; /* bytes; longer inputs only slow fuzzers down */

/* Keeps a copy of a file in the folder $LLN_SEEDS, if that is set, under a name
 * that is a hash of its bytes. */
static inline void keep_seed(const unsigned char *bytes, size_t size)
{
    const char *folder = getenv("LLN_SEEDS");
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    char path[4096];
    if (!folder || size == 0 || size > SEED_MOST)
        return;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    snprintf(path, sizeof path, "%s/%016llx", folder, (unsigned long long)hash);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

#endif
