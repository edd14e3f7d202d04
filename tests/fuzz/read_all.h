/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every fuzzer of arrays does with a file in memory: it opens the file and
 * reads all arrays. */
#ifndef LLN_TESTS_FUZZ_READ_ALL_H
#define LLN_TESTS_FUZZ_READ_ALL_H

#include "replay.h"
#include "tensor/container.h"

/* Reads every value, in both precisions. */
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
        if (lln_container_read_flags(file, i, &tensor) == LLN_OK &&
            tensor.dtype == LLN_DTYPE_BOOL)
            require(
                lln_tensor_get(&tensor, 0) >= 0 &&
                    lln_tensor_get(&tensor, lln_tensor_count(&tensor) - 1) >= 0,
                "booleans outside of the array");
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

#endif
