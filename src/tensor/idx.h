/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * IDX files, the format of MNIST and of data sets made like it (LeCun, Cortes
 * and Burges, yann.lecun.com/exdb/mnist): two zero bytes, a byte for the type,
 * a byte for the number of axes, the size of each axis as 4 bytes, then the
 * elements, the last axis fastest. All numbers are big-endian.
 * Example: 00 00 08 03, 00 00 ea 60, 00 00 00 1c, 00 00 00 1c and 47,040,000
 * bytes are 60,000 images of 28 x 28 bytes. */
#ifndef LLN_TENSOR_IDX_H
#define LLN_TENSOR_IDX_H

#include "tensor/elements.h"

/* Whether the bytes begin as an IDX file does: with two zeros and the number of
 * a type. */
bool lln_idx_begins(const unsigned char *bytes, size_t size);

/* The length of the file according to its first bytes, which lln_idx_begins
 * accepts; 0: they are invalid. */
size_t lln_idx_claim(const unsigned char *bytes, size_t size);

/* A view of the array of an IDX file in memory. Types: unsigned and signed
 * bytes, integers of 2 and 4 bytes, float32 and float64. Messages do not name
 * the file. LLN_EFORMAT: not an IDX file, or it is truncated or too long, has
 * more than LLN_TENSOR_AXES axes or no elements, or a product of axes that
 * overflows. */
LLN_NODISCARD lln_status lln_idx_read(const unsigned char *bytes, size_t size,
                                      lln_elements *elements);

#endif
