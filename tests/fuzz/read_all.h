/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every fuzzer does with a file in memory: opens it and reads all that
 * is in it. With libFuzzer its main() makes the files; without, the one below
 * takes those of the command line, to replay seeds and crashes. */
#ifndef LLN_TESTS_FUZZ_READ_ALL_H
#define LLN_TESTS_FUZZ_READ_ALL_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tensor/container.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s; last message: %s\n", what, lln_error_message());
    abort();
}

/* A failure must come with one line of text. */
static void require_message(lln_status status)
{
    const char *message = lln_error_message();
    require(status == LLN_EFORMAT || status == LLN_ENOMEM, "wrong status");
    require(strncmp(message, "fuzz: ", 6) == 0, "no file in the message");
    for (; *message; message++)
        require((unsigned char)*message >= ' ' && *message != 0x7f,
                "control character in the message");
}

/* Touches every number; both precisions. */
static void read_numbers(const lln_tensor *tensor)
{
    double buffer[64];
    size_t count = lln_tensor_count(tensor), bad,
           some = count < 64 ? count : 64;
    lln_tensor_slice all = {.rows = 1, .columns = count, .column_stride = 1};
    require(lln_tensor_find_nonfinite(tensor, &all, &bad) == LLN_OK,
            "numbers outside of the array");
    all = (lln_tensor_slice){
        .offset = count - some, .rows = 1, .columns = some, .column_stride = 1};
    for (int wide = 0; wide < 2; wide++)
        require(lln_tensor_copy(tensor, &all, wide ? LLN_FLOAT64 : LLN_FLOAT32,
                                buffer, &bad) == LLN_OK,
                "the end is outside of the array");
}

static void read_array(lln_container *file, size_t i)
{
    lln_container_entry entry = lln_container_entry_at(file, i);
    size_t index = SIZE_MAX;
    lln_status first = LLN_OK;
    lln_tensor tensor;
    require(lln_container_find(file, entry.key, &index) == LLN_OK &&
                index == i && entry.axes <= LLN_TENSOR_AXES,
            "an array that is not found by its key");
    for (int round = 0; round < 2; round++) {
        lln_status status = lln_container_read(file, i, &tensor);
        if (status == LLN_OK)
            read_numbers(&tensor);
        else
            require_message(status);
        require(round == 0 || status == first, "another status at rereading");
        first = status;
        lln_container_release(file, i);
    }
}

static void read_all(const uint8_t *bytes, size_t size)
{
    lln_container *file;
    size_t index;
    lln_status status = lln_container_parse("fuzz", bytes, size, &file);
    if (status != LLN_OK) {
        require_message(status);
        return;
    }
    for (size_t i = 0; i < lln_container_count(file); i++)
        read_array(file, i);
    if (lln_container_find(file, "no\nkey", &index) != LLN_OK)
        require_message(LLN_EFORMAT);
    lln_container_close(file);
}

#ifndef LLN_LIBFUZZER
/* Memory of the right length, so that the sanitizer sees its end. */
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
