/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What tests of containers share: writers of files with named arrays, also
 * invalid ones, and checks of an array in them. */
#ifndef LLN_TESTS_TENSOR_FILE_H
#define LLN_TESTS_TENSOR_FILE_H

#include <stdint.h>

#include "expect.h"
#include "npy_file.h"
#include "tensor/container.h"

/* A complete .safetensors file in memory; the caller frees it. */
static inline unsigned char *make_safetensors(const char *header,
                                              const void *data, size_t bytes,
                                              size_t *size)
{
    size_t length = strlen(header);
    unsigned char *file = calloc(8 + length + bytes, 1);
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 8; i++)
        file[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(file + 8, header, length);
    if (bytes > 0)
        memcpy(file + 8 + length, data, bytes);
    *size = 8 + length + bytes;
    return file;
}

/* Opens a file in memory with the name x; it becomes a seed of the fuzzers. */
static inline lln_status parse_file(const unsigned char *bytes, size_t size,
                                    lln_container **file)
{
    keep_seed(bytes, size);
    return lln_container_parse("x", bytes, size, file);
}

/* Reads the array of this key, which must exist and be readable. */
static inline lln_tensor read_key(lln_container *file, const char *key)
{
    size_t index = 0;
    lln_tensor tensor = {0};
    expect_ok(lln_container_find(file, key, &index));
    expect_ok(lln_container_read(file, index, &tensor));
    return tensor;
}

/* The file in memory, or one of its arrays, is refused with this message. */
static inline void expect_refused(const unsigned char *bytes, size_t size,
                                  const char *message)
{
    lln_container *file = NULL;
    lln_tensor tensor;
    lln_status status = parse_file(bytes, size, &file);
    for (size_t i = 0; status == LLN_OK && i < lln_container_count(file); i++)
        status = lln_container_read(file, i, &tensor);
    ck_assert_int_eq(status, LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), message);
    lln_container_close(file);
}

#endif
