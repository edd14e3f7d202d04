/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to container.c and the file formats: what a format provides to a
 * container, and what it lists there. Messages of a format do not name the
 * file; the container adds the name.
 * Example: for qk.npz, lln_npz_format.list calls lln_container_add with the key
 * "q", the dtype "<f4" and a tensor [512, 64]. If the member is deflated, the
 * tensor has no data until unpack inflates it; release frees them. */
#ifndef LLN_TENSOR_CONTAINER_INTERNAL_H
#define LLN_TENSOR_CONTAINER_INTERNAL_H

#include "tensor/container.h"
#include "tensor/mapping.h"

enum {
    LLN_KEY_TEXT = 120,   /* bytes of a key in a message */
    LLN_REASON_TEXT = 240 /* bytes of the reason why an array is unreadable */
};

/* Another file that contains arrays of this container. */
typedef struct {
    char *name, *failure;     /* owned; failure: why it is not open, or NULL */
    lln_container *container; /* NULL: not open */
} lln_shard;

/* An array of the file. */
typedef struct {
    char *key, *dtype, *unreadable; /* owned; unreadable: why, or NULL */
    lln_tensor tensor;              /* has no data until it is unpacked */
    bool inflates;                  /* unpacking takes memory and time */
    void *packed; /* owned: one block, for unpack and release of the format */
    size_t shard; /* 1 + index in shards; 0: it is in this file */
    size_t index; /* index in the shard */
} lln_array;

/* A file format: one file of this folder, one row of formats.c. */
typedef struct {
    const char *magic[2];    /* how its files begin; NULL: no other */
    size_t place;            /* offset of the magic in the file */
    const char *without_key; /* why a key is refused; NULL: arrays have keys */

    /* Recognise a file: `begins` by its first bytes, before magic is compared;
     * `ends` by its last bytes, if no magic matches. NULL: not available. */
    bool (*begins)(const lln_mapping *file), (*ends)(const lln_mapping *file);

    /* The length of the file according to its first bytes. */
    lln_mapping_claim *claim;

    /* Adds every array of the file. LLN_EFORMAT: damaged; LLN_ENOMEM. */
    lln_status (*list)(lln_container *container);

    /* unpack makes the data of a readable array available; it may be called
     * again. release frees the memory that this took. NULL: data are parts of
     * the file. LLN_EFORMAT: damaged; LLN_ENOMEM: more memory than is free. */
    lln_status (*unpack)(const lln_mapping *file, lln_array *array);
    void (*release)(lln_array *array);
} lln_format;

struct lln_container {
    char *name;
    const char *path; /* set while it is opened; NULL: a pipe, or memory */
    bool is_shard;    /* it is a shard of another container */
    lln_mapping mapping;
    const lln_format *format;
    lln_array *arrays;
    size_t *by_key; /* indices in arrays, sorted by key */
    size_t count;
    lln_shard *shards; /* shards that contain arrays */
    size_t shard_count;
};

/* Adds an array with copies of the texts; `unreadable` may be NULL or "".
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_container_add(lln_container *container,
                                           const char *key, const char *dtype,
                                           const char *unreadable,
                                           const lln_tensor *tensor);

/* Adds an array that a shard contains under this key. The container describes
 * it after opening the shard. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_container_add_in_shard(lln_container *container,
                                                    const char *key,
                                                    const char *shard);

/* Prepends "key 'k': " to the last message; returns `status`. */
lln_status lln_container_fail_key(lln_status status, const char *key);

#endif
