/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that hold arrays by name, written from front to back as .npy (one
 * array), .npz (stored) or .safetensors. The bytes depend on nothing but the
 * arrays. Little-endian, C order. */
#ifndef LLN_TENSOR_WRITER_H
#define LLN_TENSOR_WRITER_H

#include <stdio.h>

#include "tensor/tensor.h"

typedef enum {
    LLN_WRITER_NPY,
    LLN_WRITER_NPZ,
    LLN_WRITER_SAFETENSORS
} lln_writer_format;

/* An array that is to be written. */
typedef struct {
    const char *key; /* without ".npy"; a .npy file does not keep it */
    lln_dtype dtype; /* not LLN_DTYPE_BF16 */
    size_t axes, shape[LLN_TENSOR_AXES];
} lln_writer_entry;

typedef struct lln_writer lln_writer;

/* The format that the end of a path asks for.
 * LLN_EINVAL: it is none of .npy, .npz and .safetensors. */
LLN_NODISCARD lln_status lln_writer_find_format(const char *path,
                                                lln_writer_format *format);

/* Begins a file of these arrays [count], which are copied, on `out`, which is
 * not owned and need not be able to seek; the caller releases *writer with
 * lln_writer_free. All is checked before the first byte is written.
 * LLN_EINVAL: no array, or not just one for .npy, two of the same key, a key
 * that is not UTF-8, longer than 65000 bytes or "__metadata__", a dtype that
 * is not written, more than LLN_TENSOR_AXES axes; LLN_EUNDEFINED: no elements;
 * LLN_EFORMAT: a shape whose product overflows; LLN_EIO: the stream refused
 * (the message is the system's reason alone); LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_writer_open(FILE *out, lln_writer_format format,
                                         const lln_writer_entry *entries,
                                         size_t count, lln_writer **writer);

/* Appends the numbers of a matrix, in order, to the array that is not full
 * yet, rounded to nearest even; what is too large for the dtype becomes
 * infinite. LLN_EINVAL: more numbers than the array has left; LLN_EIO. */
LLN_NODISCARD lln_status lln_writer_append(lln_writer *writer,
                                           lln_matrix numbers);

/* Ends the file and flushes the stream, which stays open.
 * LLN_EINVAL: an array is not full; LLN_EIO. */
LLN_NODISCARD lln_status lln_writer_finish(lln_writer *writer);

/* NULL is legal. */
void lln_writer_free(lln_writer *writer);

#endif
