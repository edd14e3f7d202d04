/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The .safetensors files of Hugging Face: 8 bytes of length, little-endian, a
 * JSON header, the data. */
#ifndef LLN_TENSOR_SAFETENSORS_H
#define LLN_TENSOR_SAFETENSORS_H

#include "tensor/container_internal.h"

/* Dtypes that are not F64, F32, F16 or BF16 and arrays without elements are
 * listed as unreadable. The claimed length is that of the header and, once
 * that is there, of the data too.
 * LLN_EFORMAT: a header that is not one or is longer than the file or than
 * 100 MB, a shape whose product overflows, data_offsets that contradict dtype
 * and shape, that overlap or leave a hole, data that end too early or late;
 * LLN_ENOMEM. */
extern const lln_format lln_safetensors_format;

#endif
