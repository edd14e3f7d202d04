/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * NumPy's .npy files, format versions 1 to 3, with numbers of type float16,
 * float32 or float64, either byte order, C or Fortran order. Anything else is
 * refused; in particular pickled objects are never read. */
#ifndef LLN_TENSOR_NPY_H
#define LLN_TENSOR_NPY_H

#include "tensor/mapping.h"
#include "tensor/tensor.h"

/* Reads the header of a .npy file that lies in memory and makes *tensor a
 * view of its numbers: `bytes` must live as long as the tensor. No size in
 * the header is trusted: the data must be exactly as long as dtype and shape
 * say. `name` stands in front of messages.
 * LLN_EFORMAT: not a .npy file, a header that is not one, a dtype that is not
 * floating point, no elements, more than LLN_TENSOR_AXES axes, truncated
 * data or bytes after it. */
LLN_NODISCARD lln_status lln_npy_parse(const char *name,
                                       const unsigned char *bytes, size_t size,
                                       lln_tensor *tensor);

/* Maps a file and parses it. On success the caller releases *mapping with
 * lln_mapping_close when the tensor is no longer used; on failure nothing
 * stays open. Also the failures of lln_mapping_open. */
LLN_NODISCARD lln_status lln_npy_open(const char *path, lln_mapping *mapping,
                                      lln_tensor *tensor);

#endif
