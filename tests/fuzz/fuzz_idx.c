/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of images and labels: IDX and .npy files of all types, also
 * compressed by gzip. */
#include "replay.h"
#include "tensor/data_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lln_data_file file;
    char text[LLN_TENSOR_SHAPE_TEXT];
    lln_status status = lln_data_file_parse("fuzz", bytes, size, &file);
    if (status != LLN_OK) {
        require_message(status);
        return 0;
    }
    const lln_elements *all = &file.elements;
    require(all->count > 0 && all->tensor.axes <= LLN_TENSOR_AXES,
            "an array without elements or of too many axes");
    double sum = 0;
    for (size_t i = 0; i < all->count && i < 4096; i++)
        sum += lln_elements_get(all, i) +
               lln_elements_get(all, all->count - 1 - i);
    require(!(sum < 0) || all->kind == 'i' || all->kind == 'f',
            "negative unsigned numbers");
    lln_elements_place(all, all->count - 1, text, sizeof text);
    lln_data_file_close(&file);
    return 0;
}
