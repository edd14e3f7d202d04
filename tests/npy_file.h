/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What tests of files share: a temporary folder, and a writer of .npy files
 * with any header, also an invalid one. */
#ifndef LLN_TESTS_NPY_FILE_H
#define LLN_TESTS_NPY_FILE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seed.h"

/* The folder that each test works in; the fixture creates and removes it. */
static char folder[256];

static inline void enter_folder(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/lln-test-XXXXXX",
             parent && *parent ? parent : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static inline void remove_folder(void)
{
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(command), 0);
}

static inline void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    keep_seed(bytes, size);
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* A complete .npy file in memory; the caller frees it. */
static inline unsigned char *make_npy(int version, const char *header,
                                      const void *data, size_t bytes,
                                      size_t *size)
{
    size_t prefix = version == 1 ? 10 : 12;
    size_t length = strlen(header) + 1; /* and a line feed */
    unsigned char *file = calloc(prefix + length + bytes, 1);
    ck_assert_ptr_nonnull(file);
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (unsigned char)version;
    file[8] = length & 0xff;
    file[9] = (unsigned char)(length >> 8);
    memcpy(file + prefix, header, length - 1);
    file[prefix + length - 1] = '\n';
    if (bytes > 0)
        memcpy(file + prefix + length, data, bytes);
    *size = prefix + length + bytes;
    return file;
}

static inline void write_npy(const char *path, int version, const char *header,
                             const void *data, size_t bytes)
{
    size_t size;
    unsigned char *file = make_npy(version, header, data, bytes, &size);
    write_bytes(path, file, size);
    free(file);
}

/* float64, C order, with a shape such as "(2, 3)". */
static inline void write_doubles(const char *path, const char *shape,
                                 const double *data, size_t count)
{
    char header[200];
    snprintf(header, sizeof header,
             "{'descr': '<f8', 'fortran_order': False, 'shape': %s}", shape);
    write_npy(path, 1, header, data, count * sizeof *data);
}

#endif
