/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An array of booleans in a .npy file, which stays in the file. */
#ifndef LLN_TENSOR_FLAGS_H
#define LLN_TENSOR_FLAGS_H

#include "tensor/mapping.h"
#include "tensor/tensor.h"

/* Element (i_0, i_1, ...) is byte sum_a i_a strides[a]; 0 is false. */
typedef struct {
    size_t axes, shape[LLN_TENSOR_AXES], strides[LLN_TENSOR_AXES];
    const unsigned char *bytes;
    lln_mapping file;
} lln_flags;

/* Opens a file if it holds booleans, which *found says; other files are left
 * to containers. Release with lln_flags_close, after failures too.
 * LLN_EFORMAT: no elements, more axes than LLN_TENSOR_AXES, or another length
 * than the shape says; the message names the file; else the statuses of
 * lln_mapping_open. */
LLN_NODISCARD lln_status lln_flags_open(const char *path, lln_flags *flags,
                                        bool *found);

/* Zeroed flags are legal. */
void lln_flags_close(lln_flags *flags);

#endif
