/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whole numbers from a .npy file of any type that can represent them: integers,
 * booleans, and floats without a fraction. For lengths and masks of tokens;
 * never for queries and keys. */
#ifndef LLN_TENSOR_COUNTS_H
#define LLN_TENSOR_COUNTS_H

#include "tensor/tensor.h"

typedef struct {
    size_t axes, shape[LLN_TENSOR_AXES];
    bool truth;     /* the array has booleans */
    size_t count;   /* number of elements */
    size_t *number; /* owned: [count], in C order */
} lln_counts;

/* Whether the bytes begin as a .npy file does. */
bool lln_counts_is_npy(const unsigned char *bytes, size_t size);

/* Reads a .npy file in memory. lln_counts_free releases it. Messages do not
 * name the file. LLN_EFORMAT: the file is damaged, has another type or no
 * elements, or a number that is negative, has a fraction or exceeds 2^53; the
 * message states the number and its indices. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_counts_read(const unsigned char *bytes,
                                         size_t size, lln_counts *counts);

void lln_counts_free(lln_counts *counts);

#endif
