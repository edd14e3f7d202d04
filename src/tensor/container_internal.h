/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to container.c and the file formats: what a format tells a
 * container, and what it lists there. Messages of a format do not name the
 * file: the container does. */
#ifndef LLN_TENSOR_CONTAINER_INTERNAL_H
#define LLN_TENSOR_CONTAINER_INTERNAL_H

#include "tensor/container.h"
#include "tensor/mapping.h"

enum {
    LLN_KEY_TEXT = 120,   /* bytes of a message that name a key */
    LLN_REASON_TEXT = 240 /* for why an array is unreadable */
};

/* A file beside this one that holds arrays of it. */
typedef struct {
    char *name, *failure;     /* owned; the last: why it is not open, or NULL */
    lln_container *container; /* NULL: not open */
} lln_shard;

/* An array of the file. */
typedef struct {
    char *key, *dtype, *unreadable; /* owned; the last NULL if readable */
    lln_tensor tensor;              /* without data until it is unpacked */
    bool inflates;                  /* unpacking takes memory and time */
    void *packed; /* for unpack and release of the format; one block, owned */
    size_t shard; /* 1 + place in shards; 0: it is in this file */
    size_t index; /* in the shard */
} lln_array;

/* A file format: one file of this folder, one row of formats.c. */
typedef struct {
    const char *magic[2];    /* what its files begin with; NULL: no other */
    size_t place;            /* where in the file that stands */
    const char *without_key; /* why a key is refused; NULL: arrays have keys */

    /* Recognises a file by its beginning, before magic, or by its end if no
     * magic fits; NULL: not possible. */
    bool (*begins)(const lln_mapping *file), (*ends)(const lln_mapping *file);

    /* How long the file claims to be. */
    lln_mapping_claim *claim;

    /* Adds every array of the file. LLN_EFORMAT: damaged; LLN_ENOMEM. */
    lln_status (*list)(lln_container *container);

    /* Make the data of a readable array ready, again if they were before, and
     * free what that took. NULL: data are parts of the file.
     * LLN_EFORMAT: damaged; LLN_ENOMEM: more than the memory that is free. */
    lln_status (*unpack)(const lln_mapping *file, lln_array *array);
    void (*release)(lln_array *array);
} lln_format;

struct lln_container {
    char *name;
    const char *path; /* while it is opened; NULL: a pipe, or memory */
    bool is_shard;    /* opened as one of another container */
    lln_mapping mapping;
    const lln_format *format;
    lln_array *arrays;
    size_t *by_key; /* places in arrays, sorted by key */
    size_t count;
    lln_shard *shards; /* that arrays are in */
    size_t shard_count;
};

/* Adds an array with copies of the texts; `unreadable` may be NULL or "".
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_container_add(lln_container *container,
                                           const char *key, const char *dtype,
                                           const char *unreadable,
                                           const lln_tensor *tensor);

/* Adds an array that a shard has by this key; the container describes it when
 * it has opened the shard. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_container_add_in_shard(lln_container *container,
                                                    const char *key,
                                                    const char *shard);

/* Puts "key 'k': " in front of the last message; returns `status`. */
lln_status lln_container_fail_key(lln_status status, const char *key);

#endif
