/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays of numbers of any type that a .npy or an IDX file can have: integers,
 * booleans and floats. For counts, images and labels; never for queries and
 * keys, whose types are those of tensor.h. */
#ifndef LLN_TENSOR_ELEMENTS_H
#define LLN_TENSOR_ELEMENTS_H

#include "tensor/tensor.h"

/* A view. */
typedef struct {
    char kind;         /* i, u, b (a byte, 0 or not), or f */
    size_t size;       /* bytes of an element */
    size_t count;      /* number of elements, at least 1 */
    lln_tensor tensor; /* its type is used only with kind f */
} lln_elements;

/* A view of the array of a .npy file in memory. Messages do not name the file.
 * LLN_EFORMAT: the file is damaged, truncated or too long, or has another type
 * or no elements. LLN_ENOMEM: more bytes than fit in size_t. */
LLN_NODISCARD lln_status lln_elements_of_npy(const unsigned char *bytes,
                                             size_t size,
                                             lln_elements *elements);

/* The length of a .npy file according to its first bytes, at least
 * LLN_NPY_PREFIX; 0: they are invalid. */
size_t lln_elements_claim_npy(const unsigned char *bytes, size_t size);

/* Element i < count in C order. Integers above 2^53 are rounded. */
double lln_elements_get(const lln_elements *elements, size_t i);

/* The indices of element i in C order, "(3, 17)" or "(3,)", as
 * lln_tensor_shape_text writes them; returns text. */
const char *lln_elements_place(const lln_elements *elements, size_t i,
                               char *text, size_t size);

#endif
