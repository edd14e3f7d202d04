/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files in the .safetensors format of Hugging Face: a length of 8 bytes,
 * little-endian; a JSON header; the data. */
#ifndef LLN_TENSOR_SAFETENSORS_H
#define LLN_TENSOR_SAFETENSORS_H

#include "tensor/container_internal.h"

/* Arrays with dtypes other than F64, F32, F16 and BF16, and arrays without
 * elements, are listed as unreadable. The claimed length is that of the header
 * and, once the header is complete, also of the data. LLN_EFORMAT: an invalid
 * header, or one longer than the file or than 100 MB; a shape whose product
 * overflows; data_offsets that contradict dtype and shape, overlap or leave a
 * hole; data shorter or longer than they say. LLN_ENOMEM. */
extern const lln_format lln_safetensors_format;

#endif
