/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What all fuzzers share. With libFuzzer, its main() generates inputs; without,
 * the main() below reads files of the command line, to replay seeds and
 * crashes. */
#ifndef LLN_TESTS_FUZZ_REPLAY_H
#define LLN_TESTS_FUZZ_REPLAY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s; last message: %s\n", what, lln_error_message());
    abort();
}

/* A failure must come with one line of text. */
static inline void require_message(lln_status status)
{
    const char *message = lln_error_message();
    require(status == LLN_EFORMAT || status == LLN_ENOMEM, "wrong status");
    require(strncmp(message, "fuzz: ", 6) == 0, "no file in the message");
    for (; *message; message++)
        require((unsigned char)*message >= ' ' && *message != 0x7f,
                "control character in the message");
}

#ifndef LLN_LIBFUZZER
/* Memory of exactly that length, so that the sanitizer detects reads past its
 * end. */
static void replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    require(file && fstat(fileno(file), &about) == 0, path);
    size_t size = (size_t)about.st_size;
    uint8_t *bytes = malloc(size);
    require(bytes && fread(bytes, 1, size, file) == size, path);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
}

int main(int count, char **paths)
{
    for (int i = 1; i < count; i++)
        replay(paths[i]);
    printf("%d files\n", count - 1);
    return EXIT_SUCCESS;
}
#endif

#endif
