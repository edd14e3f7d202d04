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

/* An array of the file. */
typedef struct {
    char *key, *dtype, *unreadable; /* owned; the last NULL if readable */
    lln_tensor tensor;              /* without data until it is unpacked */
    bool inflates;                  /* unpacking takes memory and time */
    void *packed; /* for unpack and release of the format; one block, owned */
} lln_array;

/* A file format: one file of this folder, one row of formats.c. */
typedef struct {
    const char *magic[2];    /* what its files begin with; NULL: no other */
    size_t place;            /* where in the file that stands */
    const char *without_key; /* why a key is refused; NULL: arrays have keys */

    /* Recognises a file by its end if no magic fits; NULL: not possible. */
    bool (*ends)(const lln_mapping *file);

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
    lln_mapping mapping;
    const lln_format *format;
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

#endif
