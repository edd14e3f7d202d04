/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the formats of container.h share; no business of its callers. */
#ifndef LLN_TENSOR_CONTAINER_PARTS_H
#define LLN_TENSOR_CONTAINER_PARTS_H

#include "tensor/container.h"
#include "tensor/mapping.h"

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
    size_t count, room;
};

/* Adds an array with copies of the texts; `unreadable` may be NULL or "".
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_container_add(lln_container *container,
                                           const char *key, const char *dtype,
                                           const char *unreadable,
                                           const lln_tensor *tensor);

#endif
