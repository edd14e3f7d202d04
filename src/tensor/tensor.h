/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays of floating-point values as a file stores them, in any byte order and
 * with any strides, and checked copies of matrices in them.
 * Example: q [2, 12, 512, 64] in C order has strides {393216, 32768, 64, 1}.
 * The slice {offset 622592, rows 512, columns 64, row_stride 64, column_stride
 * 1} is the matrix of q[1, 7]. */
#ifndef LLN_TENSOR_TENSOR_H
#define LLN_TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/matrix.h"
#include "core/status.h"

enum {
    LLN_TENSOR_AXES = 8,
    LLN_TENSOR_SHAPE_TEXT = 200 /* bytes that any shape fits in as text */
};

typedef enum {
    LLN_DTYPE_F16,
    LLN_DTYPE_BF16, /* bfloat16: sign and exponent of F32, 7 bits of fraction */
    LLN_DTYPE_F32,
    LLN_DTYPE_F64,
    LLN_DTYPE_BOOL /* a byte, 0 or not; no number: copies are not for it */
} lln_dtype;

/* The bytes of a file, see mapping.h. */
typedef struct lln_mapping lln_mapping;

/* A view. Element (i_0, i_1, ...) is number sum_a i_a strides[a] of `data`,
 * which needs no alignment. If data is NULL, it is that number of the bytes
 * from `place` on in `file`, which is read in parts. The product of the shape
 * and the size of an element fits in size_t and in the data. A view owns
 * nothing. */
typedef struct {
    lln_dtype dtype;
    bool swapped; /* the byte order is not that of this machine */
    size_t axes;  /* 0: one number */
    size_t shape[LLN_TENSOR_AXES];
    size_t strides[LLN_TENSOR_AXES]; /* in elements */
    const unsigned char *data;
    const lln_mapping *file;
    size_t place;
} lln_tensor;

/* A matrix inside a tensor. Its entry (i, j) is number offset + i row_stride +
 * j column_stride of the data. */
typedef struct {
    size_t offset;
    size_t rows, columns;
    size_t row_stride, column_stride; /* in elements */
} lln_tensor_slice;

/* Bytes of one element. */
size_t lln_dtype_size(lln_dtype dtype);

/* Number of elements; 1 without axes. */
size_t lln_tensor_count(const lln_tensor *tensor);

/* Bytes of all elements: size of one times the product of the shape.
 * LLN_EUNDEFINED: no elements; LLN_EFORMAT: more bytes than fit in size_t. */
LLN_NODISCARD lln_status lln_tensor_bytes(const lln_tensor *tensor,
                                          size_t *bytes);

/* Sets the strides for the shape. Fortran order: the first axis is the fastest;
 * otherwise (C order) the last one. */
void lln_tensor_set_strides(lln_tensor *tensor, bool fortran);

/* The shape as Python writes it, "(4, 512, 64)" or "(512,)", cut to `size`
 * bytes with the final zero; returns text. */
const char *lln_tensor_shape_text(const lln_tensor *tensor, char *text,
                                  size_t size);

/* Sets the data to begin at `place` of a file, which must outlive the
 * tensor. */
void lln_tensor_locate(lln_tensor *tensor, const lln_mapping *file,
                       size_t place);

/* Element `at` of the data as float64; NaN if it cannot be read. For messages
 * and tests. */
double lln_tensor_get(const lln_tensor *tensor, size_t at);

/* Copies a slice to out [rows x columns] in the given precision, rounded to
 * nearest. *bad becomes i columns + j for the first entry (i, j) of out that is
 * not finite, or rows columns if all are finite. A value beyond the range of
 * float32 is not finite in float32. LLN_EINVAL: the slice exceeds the tensor,
 * and out is unchanged; also the statuses of lln_mapping_get, whose messages do
 * not name the file. */
LLN_NODISCARD lln_status lln_tensor_copy(const lln_tensor *tensor,
                                         const lln_tensor_slice *slice,
                                         lln_precision precision, void *out,
                                         size_t *bad);

/* Sets *bad in the same way for the values as they are stored, without a
 * copy. */
LLN_NODISCARD lln_status lln_tensor_find_nonfinite(
    const lln_tensor *tensor, const lln_tensor_slice *slice, size_t *bad);

#endif
