/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the formats of container.h share; no business of its callers. Messages
 * of a format do not name the file: the container does. */
#ifndef LLN_TENSOR_CONTAINER_INTERNAL_H
#define LLN_TENSOR_CONTAINER_INTERNAL_H

#include "tensor/container.h"
#include "tensor/mapping.h"
#include "tensor/zip.h"

enum {
    LLN_SAFETENSORS_PREFIX = 8, /* bytes before the header */
    LLN_REASON_TEXT = 240       /* for why an array is unreadable */
};

/* A member of a zip archive that is an array. */
typedef struct {
    lln_zip_member member;
    size_t header;         /* bytes before the numbers */
    unsigned char *memory; /* the whole member, while it is inflated */
    bool checked;          /* a stored one: its checksum is right */
} lln_packed;

/* An array of the file. */
typedef struct {
    char *key, *dtype, *unreadable; /* owned; the last NULL if readable */
    lln_tensor tensor;              /* without data until it is inflated */
    lln_packed *packed;             /* owned; NULL if not in a zip archive */
} lln_array;

struct lln_container {
    char *name;
    lln_mapping mapping;
    bool keyed; /* the format has keys */
    lln_array *arrays;
    size_t *by_key; /* places in arrays, sorted by key */
    size_t count;
};

/* Adds an array with copies of the texts; `unreadable` may be NULL or "".
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_container_add(lln_container *container,
                                           const char *key, const char *dtype,
                                           const char *unreadable,
                                           const lln_tensor *tensor);

/* Puts "key 'k': " in front of the last message; returns `status`. */
lln_status lln_container_fail_key(lln_status status, const char *key);

/* Lists the arrays of a .safetensors file: 8 bytes of length, little-endian,
 * a JSON header, the data. Dtypes that are not F64, F32, F16 or BF16 and
 * arrays without elements are listed as unreadable.
 * LLN_EFORMAT: a header that is not one or is longer than the file or than
 * 100 MB, a shape whose product overflows, data_offsets that contradict dtype
 * and shape, that overlap or leave a hole, data that end too early or late;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_safetensors_list(lln_container *container);

/* Its length: that of the header, and once that is there, of the data too. */
size_t lln_safetensors_claim(const lln_mapping *file);

/* Lists the arrays of an .npz file. Members whose names do not end in ".npy"
 * are no arrays and are left out; one that is damaged, encrypted or packed by
 * another method is listed as unreadable.
 * LLN_EFORMAT: a damaged central directory, members that overlap, no arrays;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_npz_list(lln_container *container);

/* Makes the data of a packed array ready: inflated, or checked if stored.
 * LLN_EFORMAT: damaged; LLN_ENOMEM: more than the memory that is free. */
LLN_NODISCARD lln_status lln_npz_unpack(lln_array *array);

/* Frees what was inflated. */
void lln_npz_release(lln_array *array);

#endif
