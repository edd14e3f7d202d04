/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file that holds arrays by name, whatever its format, which its first
 * bytes tell, never its name. No size in a file is trusted. */
#ifndef LLN_TENSOR_CONTAINER_H
#define LLN_TENSOR_CONTAINER_H

#include <stdbool.h>

#include "tensor/tensor.h"

typedef struct lln_container lln_container;

/* An array of the file. The texts live as long as the container. */
typedef struct {
    const char *key;        /* "" for the array of a .npy file */
    const char *dtype;      /* as the file names it: "<f4", "BF16" */
    lln_dtype type;         /* of readable ones */
    const char *unreadable; /* NULL, or why its numbers cannot be read */
    const char *shard;      /* the path of the shard that it is in, or NULL */
    size_t axes, shape[LLN_TENSOR_AXES];
} lln_container_entry;

/* Opens a file, a pipe, or standard input for "-"; the caller releases it with
 * lln_container_close. Every array is described, none is read. Members of a zip
 * archive that are no .npy files are left out; it may have something before
 * it, unless it comes through a pipe. Of an index of shards, these are opened
 * too; arrays of one that cannot be, or that lacks them, are unreadable.
 * LLN_EFORMAT: the file is none of the formats, is damaged or truncated, or
 * has no arrays; also the failures of lln_mapping_open. */
LLN_NODISCARD lln_status lln_container_open(const char *path,
                                            lln_container **container);

/* The same for a file that lies in memory, which must live as long as the
 * container. `name` stands in front of messages. */
LLN_NODISCARD lln_status lln_container_parse(const char *name,
                                             const unsigned char *bytes,
                                             size_t size,
                                             lln_container **container);

/* Releases the container and every view of its arrays. NULL is legal. */
void lln_container_close(lln_container *container);

/* The path, or "standard input". */
const char *lln_container_name(const lln_container *container);

/* Why the first shard that could not be opened could not; NULL: all are open.
 */
const char *lln_container_missing(const lln_container *container);

size_t lln_container_count(const lln_container *container);

/* Array `index` < count, in the order of the file. */
lln_container_entry lln_container_entry_at(const lln_container *container,
                                           size_t index);

/* Whether array `index` can be read and has at least so many axes. */
bool lln_container_is_usable(const lln_container *container, size_t index,
                             size_t axes);

/* Whether there is just one such array, at *index; or one array at all. */
bool lln_container_only(const lln_container *container, size_t axes,
                        size_t *index);

/* The place of a key. LLN_EFORMAT: there is no such key; the message lists
 * those that there are, as far as it has room. */
LLN_NODISCARD lln_status lln_container_find(const lln_container *container,
                                            const char *key, size_t *index);

/* Makes *tensor a view of array `index`; again if it was read before. Threads
 * may read and release different arrays at the same time.
 * LLN_EFORMAT: the array is unreadable, or its data are damaged. */
LLN_NODISCARD lln_status lln_container_read(lln_container *container,
                                            size_t index, lln_tensor *tensor);

/* Whether reading array `index` costs more than mapping its pages: it is
 * inflated, again after each release. */
bool lln_container_inflates(const lln_container *container, size_t index);

/* Says that no array is read before lln_container_read is called again, so that
 * changes of the file in between do not matter. */
void lln_container_rest(lln_container *container);

/* Says that no view of array `index` is used any longer, so that its memory
 * can be given back; it may be read again. */
void lln_container_release(lln_container *container, size_t index);

#endif
