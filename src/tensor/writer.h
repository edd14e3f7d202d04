/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes arrays by name to a file, sequentially, as .npy (one array), .npz
 * (stored) or .safetensors. The bytes depend only on the arrays. Little-endian,
 * C order. */
#ifndef LLN_TENSOR_WRITER_H
#define LLN_TENSOR_WRITER_H

#include <stdio.h>

#include "tensor/tensor.h"

typedef enum {
    LLN_WRITER_NPY,
    LLN_WRITER_NPZ,
    LLN_WRITER_SAFETENSORS
} lln_writer_format;

/* An array to be written. */
typedef struct {
    const char *key; /* without ".npy"; not stored in a .npy file */
    lln_dtype dtype; /* not LLN_DTYPE_BF16 */
    size_t axes, shape[LLN_TENSOR_AXES];
} lln_writer_entry;

typedef struct lln_writer lln_writer;

/* The format for the suffix of a path. LLN_EINVAL: the suffix is none of .npy,
 * .npz and .safetensors. */
LLN_NODISCARD lln_status lln_writer_find_format(const char *path,
                                                lln_writer_format *format);

/* Begins a file with these arrays [count], which are copied. `out` is not owned
 * and may be unable to seek. The caller releases *writer with lln_writer_free.
 * All entries are checked before the first byte is written. LLN_EINVAL: no
 * array, or more than one for .npy; two arrays with the same key; a key that is
 * not UTF-8, is longer than 65000 bytes or is "__metadata__"; a dtype that
 * cannot be written; more than LLN_TENSOR_AXES axes. LLN_EUNDEFINED: no
 * elements; LLN_EFORMAT: a shape whose product overflows; LLN_EIO: writing
 * failed (the message is only the reason that the system gives); LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_writer_open(FILE *out, lln_writer_format format,
                                         const lln_writer_entry *entries,
                                         size_t count, lln_writer **writer);

/* Appends the entries of a matrix, in order, to the current array, rounded to
 * nearest even. A value too large for the dtype becomes infinite. LLN_EINVAL:
 * more entries than the array still needs; LLN_EIO. */
LLN_NODISCARD lln_status lln_writer_append(lln_writer *writer,
                                           lln_matrix numbers);

/* Ends the file and flushes the stream, which stays open. LLN_EINVAL: an array
 * is incomplete; LLN_EIO. */
LLN_NODISCARD lln_status lln_writer_finish(lln_writer *writer);

/* NULL is legal. */
void lln_writer_free(lln_writer *writer);

#endif
