/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * NumPy's .npy files, format versions 1 to 3, of type float16, float32 or
 * float64, in either byte order and in C or Fortran order. Other types are
 * refused; pickled objects are never read. */
#ifndef LLN_TENSOR_NPY_H
#define LLN_TENSOR_NPY_H

#include "tensor/container_internal.h"

enum {
    LLN_NPY_PREFIX = 12,     /* bytes that contain the length of the header */
    LLN_NPY_DTYPE_TEXT = 32, /* with the final zero */
    LLN_NPY_REASON_TEXT = 240
};

typedef struct {
    lln_tensor tensor; /* without data */
    size_t size;       /* bytes before the data */
    size_t bytes;      /* bytes of the data; 0 if it cannot be read */
    char dtype[LLN_NPY_DTYPE_TEXT];       /* as written, or "structured" */
    char unreadable[LLN_NPY_REASON_TEXT]; /* why, or "" */
} lln_npy_header;

/* Start and end of the dictionary of a .npy file of `size` bytes. Only the
 * first LLN_NPY_PREFIX bytes (or all, if there are fewer) need to be in memory.
 * LLN_EFORMAT: not a .npy file, an unknown version, or a header longer than the
 * file. */
LLN_NODISCARD lln_status lln_npy_header_size(const unsigned char *bytes,
                                             size_t size, size_t *start,
                                             size_t *end);

/* Reads the header of a .npy file whose first `size` bytes are in memory. An
 * array that is valid but cannot be used (its dtype is not floating point, it
 * has no elements or more than LLN_TENSOR_AXES axes) is not an error:
 * header->unreadable gives the reason. LLN_EFORMAT: not a .npy file, an invalid
 * header or one longer than the file, or a shape whose product overflows.
 * Messages do not name the file. */
LLN_NODISCARD lln_status lln_npy_read_header(const unsigned char *bytes,
                                             size_t size,
                                             lln_npy_header *header);

/* The same for a .npy file of `size` bytes that begins at `place` in `file`.
 * header->tensor then refers to the data. Also the statuses of
 * lln_npy_check_size and lln_mapping_get. */
LLN_NODISCARD lln_status lln_npy_describe(const lln_mapping *file, size_t place,
                                          size_t size, lln_npy_header *header);

/* LLN_EFORMAT unless the number of bytes after the header agrees with dtype and
 * shape. Unreadable arrays are not checked. */
LLN_NODISCARD lln_status lln_npy_check_size(const lln_npy_header *header,
                                            size_t available);

/* Booleans are for lln_container_read_flags; if there are not exactly as many
 * bytes of them after the header, the tensor gets another dtype. */
void lln_npy_check_flags(lln_npy_header *header, size_t available);

/* The format of a file with one array, which has no key. */
extern const lln_format lln_npy_format;

#endif
