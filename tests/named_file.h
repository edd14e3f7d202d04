/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests share that choose among named arrays. */
#ifndef LLN_TESTS_NAMED_FILE_H
#define LLN_TESTS_NAMED_FILE_H

#include "tensor_file.h"

/* A .safetensors file in memory with an array for each key (the list ends with
 * NULL), all of one shape, such as "[2,3]", of `count` elements; element i of
 * array a is 100 a + i + 0.25. The caller frees it. */
static inline unsigned char *make_named(const char *const *keys,
                                        const char *shape, size_t count,
                                        size_t *size)
{
    enum { ROOM = 128 };
    size_t arrays = 0;
    while (keys[arrays])
        arrays++;
    char *header = calloc(arrays + 1, ROOM);
    float *numbers = calloc(arrays * count, sizeof *numbers);
    for (size_t a = 0; a < arrays; a++) {
        size_t bytes = count * sizeof *numbers;
        for (size_t i = 0; i < count; i++)
            numbers[a * count + i] = (float)(100 * a + i) + 0.25F;
        snprintf(header + strlen(header), ROOM,
                 "%c\"%s\":{\"dtype\":\"F32\",\"shape\":%s,"
                 "\"data_offsets\":[%zu,%zu]}",
                 a == 0 ? '{' : ',', keys[a], shape, a * bytes,
                 (a + 1) * bytes);
    }
    strcat(header, "}");
    unsigned char *file = make_safetensors(
        header, numbers, arrays * count * sizeof *numbers, size);
    free(header);
    free(numbers);
    return file;
}

static inline void write_named(const char *path, const char *const *keys,
                               const char *shape, size_t count)
{
    size_t size;
    unsigned char *file = make_named(keys, shape, count, &size);
    write_bytes(path, file, size);
    free(file);
}

#endif
