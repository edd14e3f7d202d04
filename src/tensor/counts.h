/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whole numbers from a .npy file, of any type that holds them: integers,
 * booleans, and floats without a fraction. For lengths and masks of tokens;
 * queries and keys are never read here. */
#ifndef LLN_TENSOR_COUNTS_H
#define LLN_TENSOR_COUNTS_H

#include "tensor/tensor.h"

typedef struct {
    size_t axes, shape[LLN_TENSOR_AXES];
    bool truth;     /* they are booleans */
    size_t count;   /* of numbers */
    size_t *number; /* [count] in C order, owned */
} lln_counts;

/* Whether a file begins as a .npy file does. */
bool lln_counts_is_npy(const unsigned char *bytes, size_t size);

/* Reads a .npy file in memory; lln_counts_free releases it. Messages do not
 * name the file. LLN_EFORMAT: damaged, another type, no elements, or a number
 * that is negative, has a fraction or is above 2^53: the message says which and
 * where; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_counts_read(const unsigned char *bytes,
                                         size_t size, lln_counts *counts);

void lln_counts_free(lln_counts *counts);

#endif
