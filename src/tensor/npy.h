/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * NumPy's .npy files, format versions 1 to 3, with numbers of type float16,
 * float32 or float64, either byte order, C or Fortran order. Anything else is
 * refused; in particular pickled objects are never read. */
#ifndef LLN_TENSOR_NPY_H
#define LLN_TENSOR_NPY_H

#include "tensor/container_internal.h"

enum {
    LLN_NPY_PREFIX = 12,     /* bytes that say how long the header is */
    LLN_NPY_DTYPE_TEXT = 32, /* with the final zero */
    LLN_NPY_REASON_TEXT = 240
};

typedef struct {
    lln_tensor tensor;              /* without its data */
    size_t size;                    /* bytes before the data */
    size_t bytes;                   /* of the data; 0 if it cannot be read */
    char dtype[LLN_NPY_DTYPE_TEXT]; /* as written, or "structured" */
    char unreadable[LLN_NPY_REASON_TEXT]; /* why, or "" */
} lln_npy_header;

/* Where the dictionary of a .npy file of `size` bytes begins and ends. The
 * first LLN_NPY_PREFIX bytes, or all if they are fewer, must lie in memory.
 * LLN_EFORMAT: not a .npy file, an unknown version, a header longer than the
 * file. */
LLN_NODISCARD lln_status lln_npy_header_size(const unsigned char *bytes,
                                             size_t size, size_t *start,
                                             size_t *end);

/* Reads the header of a .npy file whose first `size` bytes lie in memory. An
 * array that is well described but not for us (its dtype is not floating
 * point, it has no elements or more than LLN_TENSOR_AXES axes) is no failure:
 * header->unreadable says why.
 * LLN_EFORMAT: not a .npy file, a header that is not one, or longer than the
 * file, a shape whose product overflows. Messages do not name the file. */
LLN_NODISCARD lln_status lln_npy_read_header(const unsigned char *bytes,
                                             size_t size,
                                             lln_npy_header *header);

/* The same for a .npy file of `size` bytes that begins at a place of `file`,
 * which its tensor then points to. Also the statuses of lln_npy_check_size and
 * lln_mapping_get. */
LLN_NODISCARD lln_status lln_npy_describe(const lln_mapping *file, size_t place,
                                          size_t size, lln_npy_header *header);

/* LLN_EFORMAT unless the bytes after the header are exactly as many as dtype
 * and shape say; of an unreadable array nothing is known. */
LLN_NODISCARD lln_status lln_npy_check_size(const lln_npy_header *header,
                                            size_t available);

/* A file with one array, which has no key.
 * LLN_EFORMAT: as above; LLN_ENOMEM. */
extern const lln_format lln_npy_format;

#endif
