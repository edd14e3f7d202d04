/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads the expected values of tests/data. */
#ifndef LLN_TESTS_REFERENCE_H
#define LLN_TESTS_REFERENCE_H

#include <stdio.h>
#include <string.h>

#include "expect.h"

/* Reads a version 1 .npy file of little-endian float64 that has that many
 * elements. */
static inline void reference_array(const char *path, double *out, size_t count)
{
    unsigned char prefix[10];
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    ck_assert_uint_eq(fread(prefix, 1, 10, file), 10);
    ck_assert_int_eq(fseek(file, 10 + prefix[8] + 256L * prefix[9], SEEK_SET),
                     0);
    ck_assert_uint_eq(fread(out, sizeof *out, count, file), count);
    ck_assert_int_eq(fgetc(file), EOF);
    fclose(file);
}

/* The numbers after `key` in the line of a csv table that begins with it. */
static inline void reference_values(const char *path, const char *key,
                                    double *out, size_t count)
{
    char line[512];
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0) {
            char *at = line + strlen(key) - 1;
            for (size_t c = 0; c < count; c++)
                out[c] = strtod(at + 1, &at);
            fclose(file);
            return;
        }
    ck_abort_msg("no reference %s", key);
}

#endif
