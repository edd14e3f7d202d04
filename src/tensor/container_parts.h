/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the formats of container.h share; no business of its callers. Messages
 * of a format do not name the file: the container does. */
#ifndef LLN_TENSOR_CONTAINER_PARTS_H
#define LLN_TENSOR_CONTAINER_PARTS_H

#include "tensor/container.h"
#include "tensor/mapping.h"

enum {
    LLN_SAFETENSORS_PREFIX = 8, /* bytes before the header */
    LLN_REASON_TEXT = 240       /* for why an array is unreadable */
};

/* An array of the file. */
typedef struct {
    char *key, *dtype, *unreadable; /* owned; the last NULL if readable */
    lln_tensor tensor;
} lln_array;

struct lln_container {
    char *name;
    lln_mapping mapping;
    bool keyed; /* the format has keys */
    lln_array *arrays;
    size_t *by_key; /* places in arrays, sorted by key */
    size_t count, room;
};

/* Adds an array with copies of the texts; `unreadable` may be NULL or "".
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_container_add(lln_container *container,
                                           const char *key, const char *dtype,
                                           const char *unreadable,
                                           const lln_tensor *tensor);

/* Puts "key 'k': " in front of the last message; returns `status`. */
lln_status lln_fail_key(lln_status status, const char *key);

/* Lists the arrays of a .safetensors file: 8 bytes of length, little-endian,
 * a JSON header, the data. Dtypes that are not F64, F32, F16 or BF16 and
 * arrays without elements are listed as unreadable.
 * LLN_EFORMAT: a header that is not one or is longer than the file or than
 * 100 MB, a shape whose product overflows, data_offsets that contradict dtype
 * and shape, that overlap or leave a hole, data that end too early or late;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_safetensors_list(lln_container *container);

#endif
